"""Stand-ins for time, workers' calls and clients, for tests that must not wait."""

import asyncio
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from media.frame import DropCause, EncodedFrame

PATIENCE_S = 10.0
"""After so long a test has hung; none comes near it when all is well."""
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
"""The wall clock of a manual clock that shows zero."""


class ManualClock:
    """Time that passes when a test says so. Starts at zero seconds, at ``EPOCH``."""

    def __init__(self, now_s: float = 0.0) -> None:
        self.now_s = now_s

    def monotonic(self) -> float:
        """See Clock."""
        return self.now_s

    def utc_now(self) -> datetime:
        """See Clock; goes with the monotonic time."""
        return EPOCH + timedelta(seconds=self.now_s)

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now_s += seconds


class Connection:
    """A transport that knows the address at its other end."""

    def __init__(self, address: str) -> None:
        self.address = address

    def get_extra_info(self, name: str, default: object = None) -> object:
        """See asyncio.BaseTransport."""
        return (self.address, 4711) if name == "peername" else default


class Gate:
    """A call that stays on its worker until it is let go, and then returns ``answer``."""

    def __init__(self, answer: str = "done") -> None:
        self.answer = answer
        self.calls = 0
        self._entered = threading.Event()
        self._open = threading.Event()

    def __call__(self, *_: object) -> str:
        self.calls += 1
        self._entered.set()
        assert self._open.wait(PATIENCE_S), "the gate was never opened"
        return self.answer

    async def entered(self) -> None:
        """Wait until the call has begun on its worker."""
        assert await asyncio.to_thread(self._entered.wait, PATIENCE_S), "the call never began"

    def open(self) -> None:
        """Let this call, and all later ones, end."""
        self._open.set()


class RecordingSink:
    """A sink that writes down what it is told.

    It raises ``error`` when told of a frame in ``raises_at``. When told of one in ``stops_at`` it
    waits for ``go_on``; ``stopped`` says that it waits.
    """

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        self.errors: list[Exception] = []
        self.times_ms: list[float] = []
        self.error: Exception = ConnectionResetError("the client has gone")
        self.raises_at: set[str] = set()
        self.stops_at: set[str] = set()
        self.stopped = asyncio.Event()
        self.go_on = asyncio.Event()

    async def delivered(self, frame: EncodedFrame, result: object, processing_ms: float) -> None:
        """See Sink."""
        self.times_ms.append(processing_ms)
        await self._tell(frame, f"delivered {result}")

    async def dropped(self, frame: EncodedFrame, cause: DropCause) -> None:
        """See Sink."""
        await self._tell(frame, cause)

    async def failed(self, frame: EncodedFrame, error: Exception) -> None:
        """See Sink."""
        self.errors.append(error)
        await self._tell(frame, "failed")

    async def _tell(self, frame: EncodedFrame, outcome: str) -> None:
        self.told.append((frame.frame_id, outcome))
        if frame.frame_id in self.raises_at:
            raise self.error
        if frame.frame_id in self.stops_at:
            self.stopped.set()
            await self.go_on.wait()


async def settle(rounds: int = 10) -> None:
    """Let everything that is ready on the event loop run; no time passes."""
    for _ in range(rounds):
        await asyncio.sleep(0)


async def until(condition: Callable[[], bool]) -> None:
    """Let the event loop run until the condition holds; what threads do may take a moment."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0)
