"""A prediction at the stand-in: how it goes, and what it looks like at a time."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from math import inf
from typing import Any, Final

OVER: Final = frozenset({"succeeded", "failed", "canceled", "aborted"})
KEPT_S: Final = 3600.0
"""After so long inputs, outputs and logs are removed."""


@dataclass(frozen=True, slots=True)
class Course:
    """How predictions go: when they start and how long they run (``inf`` for never and for
    ever), how they end, and with what."""

    starts_after_s: float = 0.0
    runs_s: float = 0.0
    status: str = "succeeded"
    output: Any = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Prediction:
    """One prediction. Times are those of the stand-in's clock."""

    id: str
    model: str
    version: str
    input: dict[str, Any]
    course: Course
    created_s: float
    created: datetime
    cancel_after_s: float = inf
    cancelled_s: float = inf
    webhook: str | None = None
    events: tuple[str, ...] = ("start", "output", "logs", "completed")
    shown: dict[str, Any] = field(default_factory=dict)

    @property
    def started_s(self) -> float:
        """When it starts, if nothing stops it."""
        return self.created_s + self.course.starts_after_s

    @property
    def over_s(self) -> float:
        """When it is over."""
        return min(self.started_s + self.course.runs_s, self._stopped_s)

    @property
    def _stopped_s(self) -> float:
        return min(self.cancelled_s, self.created_s + self.cancel_after_s)

    def status(self, now_s: float) -> str:
        """The status, as documented: of what its deadline stopped, ``aborted`` never ran."""
        stopped_s = self._stopped_s
        if stopped_s <= now_s and stopped_s < self.started_s + self.course.runs_s:
            never_ran = stopped_s < self.started_s and self.cancelled_s > stopped_s
            return "aborted" if never_ran else "canceled"
        if now_s < self.started_s:
            return "starting"
        return "processing" if now_s < self.over_s else self.course.status

    def has_started(self, now_s: float) -> bool:
        """Whether it has run, which is what is billed."""
        return self.started_s <= min(now_s, self._stopped_s) and self.course.status != "aborted"

    def cancelled(self, now_s: float) -> "Prediction":
        """As it is when it was cancelled now; what is over stays as it is."""
        return self if self.over_s <= now_s else replace(self, cancelled_s=now_s)

    def describe(self, now_s: float, base_url: str) -> dict[str, Any]:
        """The prediction object of the API."""
        status = self.status(now_s)
        is_removed = now_s - self.created_s >= KEPT_S
        is_done = status == "succeeded" and not is_removed
        url = f"{base_url}/v1/predictions/{self.id}"
        return {
            "id": self.id,
            "model": self.model,
            "version": self.version,
            "input": {} if is_removed else self.input,
            "logs": "",
            "output": self.course.output if is_done else None,
            "data_removed": is_removed,
            "error": self.course.error if status == "failed" else None,
            "status": status,
            "created_at": _time(self.created),
            "started_at": _time(self.created) if self.has_started(now_s) else None,
            "completed_at": _time(self.created) if status in OVER else None,
            "metrics": {"predict_time": self.course.runs_s} if is_done else {},
            "urls": {"get": url, "cancel": f"{url}/cancel"},
            **self.shown,
        }


def seconds_of(duration: str) -> float:
    """A duration as headers write it: ``90``, ``90s``, ``1m``, ``1h30m``."""
    units = {"h": 3600.0, "m": 60.0, "s": 1.0}
    seconds, number = 0.0, ""
    for letter in duration:
        if letter.isdigit():
            number += letter
        else:
            seconds, number = seconds + float(number) * units[letter], ""
    return seconds + float(number or 0)


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
