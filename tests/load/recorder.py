"""What Locust's users were answered, by name and by slots of time. Pure."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

import orjson

from tests.bench.figures import percentile

FRAME, CONNECT, LOOK, FILM = "frame", "connect", "set_look", "film made"
DROPPED: Final = "dropped: "
"""What names begin with of frames that the service gave up, before the cause."""
METHODS: Final = ("GET ", "POST ", "DELETE ")
"""What names begin with of requests by HTTP."""
SHARES: Final = {"p50_ms": 0.50, "p95_ms": 0.95, "p99_ms": 0.99, "max_ms": 1.0}


@dataclass(frozen=True, slots=True)
class Row:
    """Answers of one name in a slot that begins at ``at_s``, in seconds since the first slot, or in
    all of the run; times are in milliseconds. ``failed`` ones are counted in ``count``, too."""

    name: str
    at_s: float
    seconds: float
    count: int
    failed: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float

    @property
    def per_s(self) -> float:
        """How many in a second."""
        return self.count / self.seconds if self.seconds else 0.0

    @property
    def answered(self) -> int:
        """How many did not fail."""
        return self.count - self.failed


@dataclass(frozen=True, slots=True)
class Record:
    """A whole run: when it began, by the machine's monotonic clock, a row for each name and slot, a
    row for each name, and which errors there were, how often."""

    began_s: float
    slots: Sequence[Row]
    totals: Sequence[Row]
    errors: dict[str, int]

    def to_json(self) -> bytes:
        """As it is kept."""
        return orjson.dumps(
            {
                "began_s": self.began_s,
                "slots": [asdict(row) for row in self.slots],
                "totals": [asdict(row) for row in self.totals],
                "errors": self.errors,
            }
        )

    @staticmethod
    def from_json(text: bytes) -> "Record":
        """What ``to_json`` wrote."""
        said = orjson.loads(text)
        slots, totals = ([Row(**row) for row in said[name]] for name in ("slots", "totals"))
        return Record(said["began_s"], slots, totals, said["errors"])

    def of(self, name: str) -> list[Row]:
        """This name's slots in their order."""
        return [row for row in self.slots if row.name == name]

    @property
    def dropped(self) -> int:
        """How many frames the service gave up."""
        return sum(row.count for row in self.totals if row.name.startswith(DROPPED))

    @property
    def dropped_share(self) -> float:
        """Of the frames that the service took."""
        return self.dropped / (self.total(FRAME).count + self.dropped or 1)

    def total(self, name: str) -> Row:
        """This name's row over all of the run; of zeros if there was none."""
        none = Row(name, 0.0, 0.0, 0, 0, 0.0, 0.0, 0.0, 0.0)
        return next((row for row in self.totals if row.name == name), none)


class Recorder:
    """Takes answers in as they come. Moments are seconds of the machine's monotonic clock."""

    def __init__(self, began_s: float, slot_s: float) -> None:
        self._began_s = began_s
        self._slot_s = slot_s
        self._times_ms = defaultdict[tuple[str, int], list[float]](list)
        self._failed = Counter[tuple[str, int]]()
        self._errors = Counter[str]()

    def note(self, name: str, at_s: float, took_ms: float, error: str = "") -> None:
        """An answer that came at that moment."""
        key = name, int((at_s - self._began_s) // self._slot_s)
        self._times_ms[key].append(took_ms)
        if error:
            self._failed[key] += 1
            self._errors[f"{name}: {error}"] += 1

    def record(self, ended_s: float) -> Record:
        """All that came. The slot that is not over yet is left out of the slots."""
        whole = int((ended_s - self._began_s) // self._slot_s)
        keys = sorted(self._times_ms, key=lambda key: (key[1], key[0]))
        slots = [self._slot(*key) for key in keys if key[1] < whole]
        names = dict.fromkeys(sorted(name for name, _ in keys))
        totals = [self._total(name, ended_s - self._began_s) for name in names]
        return Record(self._began_s, slots, totals, dict(self._errors.most_common()))

    def _slot(self, name: str, slot: int) -> Row:
        times_ms, failed = self._times_ms[name, slot], self._failed[name, slot]
        return _row(name, slot * self._slot_s, self._slot_s, times_ms, failed)

    def _total(self, name: str, seconds: float) -> Row:
        slots = [key for key in self._times_ms if key[0] == name]
        times_ms = [time_ms for key in slots for time_ms in self._times_ms[key]]
        return _row(name, 0.0, seconds, times_ms, sum(self._failed[key] for key in slots))


def _row(name: str, at_s: float, seconds: float, times_ms: list[float], failed: int) -> Row:
    figures = {field: percentile(times_ms, share) for field, share in SHARES.items()}
    return Row(name, at_s, seconds, len(times_ms), failed, **figures)
