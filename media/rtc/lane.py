"""Frames on their way to the decoder, which must see all of them, also those that are dropped."""

from collections import deque
from dataclasses import dataclass
from threading import Lock

MAX_FRAMES = 90
MAX_BYTES = 4 << 20
"""Three seconds of video. Who waits longer has lost the thread, and begins again."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """One frame. ``timestamp`` counts at 90 kHz and never goes back; a key frame needs no other."""

    timestamp: int
    data: bytes
    is_key: bool = False


class DecoderLane:
    """A stream's frames in their order: put in on the loop, taken out on a worker.

    A frame that processing drops has still to be decoded, for those after it build on it; that
    costs a millisecond, and is done when the next frame's turn has come.
    """

    def __init__(self) -> None:
        self._frames: deque[Encoded] = deque()
        self._bytes = 0
        self._is_cut = False
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._frames)

    def put(self, frame: Encoded) -> bool:
        """Add the newest frame. False: too many waited, all are gone, only a key frame helps; until
        then nothing is taken in."""
        with self._lock:
            self._is_cut = self._is_cut and not frame.is_key
            if self._is_cut:
                return False
            self._frames.append(frame)
            self._bytes += len(frame.data)
            if len(self._frames) <= MAX_FRAMES and self._bytes <= MAX_BYTES:
                return True
            self._frames.clear()
            self._bytes = 0
            self._is_cut = True
            return False

    def is_key(self, timestamp: int) -> bool:
        """Whether that frame waits here and needs no other."""
        with self._lock:
            return any(one.is_key for one in self._frames if one.timestamp == timestamp)

    def take_next(self) -> list[Encoded]:
        """The oldest frame, if there is one."""
        with self._lock:
            if not self._frames:
                return []
            frame = self._frames.popleft()
            self._bytes -= len(frame.data)
            return [frame]

    def take_until(self, timestamp: int) -> list[Encoded]:
        """All frames up to that one, which is the last; without it if it is gone."""
        taken = []
        with self._lock:
            while self._frames and self._frames[0].timestamp <= timestamp:
                frame = self._frames.popleft()
                self._bytes -= len(frame.data)
                taken.append(frame)
        return taken
