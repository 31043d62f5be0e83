"""The way of the pictures through aiortc as it comes, for a version that is not known from inside.

Slower and with more delay, but with nothing behind anybody's back.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from threading import Lock

from aiortc import MediaStreamTrack, RTCRtpTransceiver
from aiortc.mediastreams import MediaStreamError
from av.video.frame import VideoFrame

from media.coder import Coder
from media.frame import EncodedFrame, Picture
from media.header import BrokenPicture, PictureTooLarge
from media.rtc.bitrate import BitrateControl
from media.rtc.capture_clock import CaptureClock
from media.rtc.decoder import picture_of, planes_of
from media.rtc.lane import Encoded
from media.rtc.video_codec import CLOCK_HZ

MAX_FRAMES = 32
"""Pictures that are kept for their turn; in pixels they are large."""


class Shelf:
    """Pictures by their timestamps, the newest few."""

    def __init__(self) -> None:
        self._frames: OrderedDict[int, VideoFrame] = OrderedDict()
        self._lock = Lock()

    def put(self, timestamp: int, frame: VideoFrame) -> None:
        """Keep a picture; the oldest leaves."""
        with self._lock:
            self._frames[timestamp] = frame
            while len(self._frames) > MAX_FRAMES:
                self._frames.popitem(last=False)

    def take(self, timestamp: int) -> VideoFrame | None:
        """The picture, no longer kept; nor are those before it."""
        with self._lock:
            for earlier in [known for known in self._frames if known < timestamp]:
                del self._frames[earlier]
            return self._frames.pop(timestamp, None)


class StockCoder:
    """Pictures that aiortc decodes and encodes: here they only change their form."""

    prepare = None

    def __init__(self, max_px: int) -> None:
        self.came, self.goes = Shelf(), Shelf()
        self._max_px = max_px

    def can_decode(self, _: EncodedFrame) -> bool:
        """See Coder: aiortc has done so."""
        return True

    def pass_on(self, frame: EncodedFrame) -> bytes:
        """See Coder."""
        self.goes.put(int(frame.frame_id), self._found(frame))
        return b""

    def decode(self, frame: EncodedFrame) -> Picture:
        """See Coder."""
        return picture_of(self._found(frame))

    def encode(self, picture: Picture, like: EncodedFrame) -> bytes:
        """See Coder."""
        self.goes.put(int(like.frame_id), planes_of(picture))
        return b""

    def shot(self, _: EncodedFrame) -> None:
        """See Coder."""

    def _found(self, frame: EncodedFrame) -> VideoFrame:
        found = self.came.take(int(frame.frame_id))
        if found is None:
            raise BrokenPicture("video: too much waited")
        if found.width * found.height > self._max_px:
            size = f"{found.width} x {found.height} pixels"
            raise PictureTooLarge(f"video: {size}: more than the {self._max_px} allowed")
        return found


class _Outlet(MediaStreamTrack):
    """The newest picture, for aiortc's encoder."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self._newest: asyncio.Queue[VideoFrame | None] = asyncio.Queue(1)

    def put(self, frame: VideoFrame | None) -> None:
        """In the place of one that still waits."""
        with suppress(asyncio.QueueEmpty):
            self._newest.get_nowait()
        self._newest.put_nowait(frame)

    async def recv(self) -> VideoFrame:
        """See MediaStreamTrack."""
        frame = await self._newest.get()
        if frame is None or self.readyState != "live":
            raise MediaStreamError
        return frame

    def stop(self) -> None:
        """See MediaStreamTrack."""
        self.put(None)
        super().stop()


class StockPath:
    """See VideoPath."""

    def __init__(self, max_px: int, took: Callable[[Encoded], None]) -> None:
        self._took = took
        self._coder = StockCoder(max_px)
        self._outlet = _Outlet()
        self._draining: asyncio.Task[None] | None = None
        self._transceiver: RTCRtpTransceiver | None = None
        self.coder: Coder = self._coder
        self.bitrate = BitrateControl()
        self.clock = CaptureClock()
        self.track: MediaStreamTrack = self._outlet

    def attach(self, transceiver: RTCRtpTransceiver) -> None:
        """See VideoPath."""
        self._transceiver = transceiver
        self._draining = asyncio.create_task(self._drain(transceiver))

    def send(self, frame: Encoded) -> None:
        """See VideoPath."""
        picture = self._coder.goes.take(frame.timestamp)
        if picture is not None:
            picture.pts, picture.time_base = frame.timestamp, Fraction(1, CLOCK_HZ)
            self._outlet.put(picture)

    def want_key(self) -> None:
        """See VideoPath: aiortc's encoder is asked by its own client alone."""

    def know_round_trip(self, round_trip_s: float) -> None:
        """See VideoPath: aiortc does not ask."""

    async def close(self) -> None:
        """See VideoPath."""
        self._outlet.stop()
        if self._draining is not None:
            self._draining.cancel()
            await asyncio.wait([self._draining])

    async def _drain(self, transceiver: RTCRtpTransceiver) -> None:
        """Read the track without pause: aiortc queues without bounds what is not read."""
        while transceiver.receiver.track is None:  # noqa: ASYNC110  (aiortc tells by an event of its own)
            await asyncio.sleep(0.01)
        last = -1
        while True:
            try:
                frame = await transceiver.receiver.track.recv()
            except MediaStreamError:
                return
            if isinstance(frame, VideoFrame) and frame.pts is not None:
                last = max(last + 1, frame.pts)
                self._coder.came.put(last, frame)
                self._took(Encoded(last, b""))
