"""What a live session asks of its transport, whichever it is."""

from typing import Protocol

from media.coder import Coder
from media.frame import DropCause, EncodedFrame
from media.rtc.figures import LinkFigures
from processing.pipeline import Processed
from server.errors import ErrorCode
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

    @property
    def coder(self) -> Coder:
        """How the client's frames are read and written."""
        ...

    @property
    def link(self) -> LinkFigures | None:
        """What the transport knows of its own losses and delays, if it does."""
        ...

    @property
    def is_dribbling(self) -> bool:
        """Whether a message of the client's has been coming for too long."""
        ...

    async def send(self, message: Message) -> None:
        """Send a message."""
        ...

    async def send_processed(
        self, frame: EncodedFrame, processed: Processed, processing_ms: float
    ) -> None:
        """Send a changed frame in the form in which it came."""
        ...

    async def send_dropped(self, frame: EncodedFrame, cause: DropCause) -> None:
        """Tell that a frame was given up, if the transport names its frames."""
        ...

    async def send_failed(self, frame: EncodedFrame, code: ErrorCode, text: str) -> None:
        """Tell what was wrong with a frame."""
        ...
