"""A stream's frames on their way to pictures: in their order, also while others are processed."""

from collections import deque
from collections.abc import Callable
from threading import Lock

from av.video.frame import VideoFrame

from media.header import BrokenPicture, PictureError
from media.rtc.decoder import VideoDecoder
from media.rtc.lane import DecoderLane, Encoded

MOST_AHEAD = 4
"""Pictures that wait for their frame's turn: each is as large as the picture."""


class Decoding:
    """One connection's decoder with what goes in and what comes out.

    Frames come in on the loop; the rest is called on workers, by one at a time but for `prepare`,
    which may be called beside it. ``lost`` is called when from now on only a key frame helps.
    """

    def __init__(self, decoder: VideoDecoder, lost: Callable[[], None]) -> None:
        self._decoder = decoder
        self._lost = lost
        self._lane = DecoderLane()
        self._ahead: deque[tuple[Encoded, VideoFrame | PictureError]] = deque()
        self._is_synced = False
        self._lock = Lock()

    def put(self, frame: Encoded) -> bool:
        """Announce a frame, before its turn; False: it is lost with all before it."""
        return self._lane.put(frame)

    def is_key(self, timestamp: int) -> bool:
        """Whether that frame waits here and needs no other."""
        with self._lock:
            ahead = any(one.is_key for one, _ in self._ahead if one.timestamp == timestamp)
        return ahead or self._lane.is_key(timestamp)

    def take(self, timestamp: int) -> list[Encoded]:
        """All frames up to that one, as they came. Those that are not decoded by then never are:
        only a key frame can be decoded next. Raises BrokenPicture."""
        with self._lock:
            found = []
            while self._ahead and self._ahead[0][0].timestamp <= timestamp:
                found.append(self._ahead.popleft()[0])
            if skipped := self._lane.take_until(timestamp):
                found += skipped
                self._is_synced = False
        if not found or found[-1].timestamp != timestamp:
            raise BrokenPicture("video: too much waited for the decoder")
        return found

    def prepare(self) -> None:
        """Decode what waits already, for there is time. What fails is told in the frame's turn."""
        with self._lock:
            while len(self._ahead) < MOST_AHEAD and self._is_synced:
                if not (waiting := self._lane.take_next()):
                    return
                try:
                    self._decode(waiting)
                except PictureError as error:
                    self._ahead.append((waiting[0], error))

    def picture(self, timestamp: int) -> VideoFrame:
        """That frame's picture. Raises BrokenPicture."""
        with self._lock:
            while self._ahead and self._ahead[0][0].timestamp < timestamp:
                self._ahead.popleft()
            if not self._ahead:
                self._decode(_from_key(self._lane.take_until(timestamp)))
            if not self._ahead or self._ahead[0][0].timestamp != timestamp:
                raise BrokenPicture("video: there is no picture of this frame")
            found = self._ahead.popleft()[1]
        if isinstance(found, PictureError):
            raise found
        return found

    def _decode(self, waiting: list[Encoded]) -> None:
        """Of several the last one's picture is kept. Raises PictureError."""
        self._is_synced = self._is_synced or bool(waiting and waiting[0].is_key)
        if not self._is_synced:
            raise BrokenPicture("video: no key frame has come yet")
        try:
            pictures = [(one, self._decoder.decode(one.data)) for one in waiting]
        except PictureError:
            self._is_synced = False
            self._lost()
            raise
        if pictures and (picture := pictures[-1][1]) is not None:
            self._ahead.append((pictures[-1][0], picture))


def _from_key(waiting: list[Encoded]) -> list[Encoded]:
    """From the last key frame on, if there is one: what stands before it is not built upon any
    more, and may itself hang in the air."""
    keys = [place for place, one in enumerate(waiting) if one.is_key]
    return waiting[keys[-1] :] if keys else waiting
