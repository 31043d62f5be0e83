"""The track that is sent back: encoded pictures, the newest few of them."""

import asyncio
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from av import Packet

from media.rtc.lane import Encoded
from media.rtc.video_codec import CLOCK_HZ

MAX_WAITING = 8
"""Frames on their way out of the door; more wait only where the loop has stood still."""


class Outlet(MediaStreamTrack):
    """Takes encoded frames and hands them to the sender, from a key frame on. ``overflowed`` is
    called when they had to be thrown away, after which only another key frame helps; ``sent`` with
    the timestamp of each frame that has gone out."""

    kind = "video"

    def __init__(
        self, overflowed: Callable[[], None], sent: Callable[[int], None] | None = None
    ) -> None:
        super().__init__()
        self._frames: asyncio.Queue[Encoded | None] = asyncio.Queue(MAX_WAITING)
        self._overflowed = overflowed
        self._sent = sent
        self._handed: int | None = None
        self._lacks_key = True

    def put(self, frame: Encoded) -> None:
        """Send this frame."""
        if self._frames.full():
            self._clear()
            self._lacks_key = True
            self._overflowed()
        self._lacks_key = self._lacks_key and not frame.is_key
        if not self._lacks_key:
            self._frames.put_nowait(frame)

    async def recv(self) -> "Packet[Any]":
        """See MediaStreamTrack. Raises MediaStreamError at the end."""
        # The sender comes back when the frame before has gone out.
        if self._sent is not None and self._handed is not None:
            self._sent(self._handed)
        frame = await self._frames.get()
        if frame is None or self.readyState != "live":
            raise MediaStreamError
        self._handed = frame.timestamp
        packet: Packet[Any] = Packet(frame.data)
        packet.pts = frame.timestamp
        packet.time_base = Fraction(1, CLOCK_HZ)
        return packet

    def stop(self) -> None:
        """See MediaStreamTrack."""
        self._clear()
        self._frames.put_nowait(None)
        super().stop()

    def _clear(self) -> None:
        while not self._frames.empty():
            self._frames.get_nowait()
