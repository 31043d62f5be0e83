"""The queue in front of a session's processing: bounded, and the newest always gets in.

The report's ``FrameQueue`` (section 3.5) threw away the frame that had just arrived when it was
full. For live video that is the wrong one: here the oldest goes.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar


class Waiting(Protocol):
    """What a mailbox must know of the things that wait in it."""

    @property
    def arrived_s(self) -> float:
        """Monotonic time of arrival."""
        ...

    @property
    def size_bytes(self) -> int:
        """Memory held while waiting."""
        ...


F = TypeVar("F", bound=Waiting)


@dataclass(frozen=True, slots=True)
class MailboxStatistics:
    """A snapshot of a mailbox."""

    waiting: int
    waiting_bytes: int
    put: int
    evicted: int


class Mailbox(Generic[F]):
    """First in, first out, of at most ``max_frames`` frames and ``max_bytes`` bytes.

    Not a coroutine anywhere: all operations are immediate, for one event loop.
    """

    def __init__(self, max_frames: int, max_bytes: int) -> None:
        if max_frames < 1 or max_bytes < 1:
            raise ValueError("a mailbox holds at least one frame and one byte")
        self._max_frames = max_frames
        self._max_bytes = max_bytes
        self._frames: deque[F] = deque()
        self._bytes = 0
        self._put = 0
        self._evicted = 0

    def __len__(self) -> int:
        return len(self._frames)

    def __iter__(self) -> Iterator[F]:
        """The waiting frames, the oldest first."""
        return iter(self._frames)

    def put(self, frame: F) -> tuple[F, ...]:
        """Let a frame in and return those that had to leave for it, the oldest first.

        A frame larger than the whole bound waits alone: the newest is always the one kept.
        """
        evicted = []
        while self._frames and self._is_full_for(frame):
            evicted.append(self.take())
        self._frames.append(frame)
        self._bytes += frame.size_bytes
        self._put += 1
        self._evicted += len(evicted)
        return tuple(evicted)

    def take(self) -> F:
        """Remove and return the oldest frame. Raises IndexError when none waits."""
        frame = self._frames.popleft()
        self._bytes -= frame.size_bytes
        return frame

    def statistics(self) -> MailboxStatistics:
        """What waits now, and what has passed through."""
        return MailboxStatistics(len(self._frames), self._bytes, self._put, self._evicted)

    def _is_full_for(self, frame: F) -> bool:
        too_many = len(self._frames) >= self._max_frames
        return too_many or self._bytes + frame.size_bytes > self._max_bytes
