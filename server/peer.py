"""What a live session asks of its transport, whichever it is."""

from typing import Protocol

from media.frame import EncodedFrame
from processing.pipeline import Processed
from server.messages import Message


class PeerGone(Exception):
    """The client is no longer connected."""


class PeerTooSlow(Exception):
    """The client does not read what it is sent."""


class Peer(Protocol):
    """The far end of a session. Sending raises PeerGone or PeerTooSlow, and never buffers."""

    @property
    def transport(self) -> str:
        """The transport's name, for the figures."""
        ...

    async def send(self, message: Message) -> None:
        """Send a message."""
        ...

    async def send_processed(
        self, frame: EncodedFrame, processed: Processed, processing_ms: float
    ) -> None:
        """Send a changed frame in the form in which it came."""
        ...
