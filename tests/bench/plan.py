"""What the load generator is told to do and what it tells in return, as JSON between processes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import orjson

Protocol: TypeAlias = Literal["json", "binary", "vp8", "h264"]
"""The last two go by WebRTC, the others by WebSocket."""

DELIVERED = "delivered"
"""The outcome of a frame that came back; the others are ``failed`` and the causes of a drop."""
FAILED = "failed"

CLOSED_LOOP = 0.0
"""As a rate: the next frame goes out as soon as an earlier one is answered."""


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """One run. ``rates_fps`` has one rate for each session, ``CLOSED_LOOP`` for as fast as can be.

    At most ``under_way_max`` frames of a session wait for their answers; what would go out beyond
    that is withheld, and counted. The server is measured by its process id during the window.
    """

    port: int
    server_pid: int
    protocol: Protocol
    rates_fps: tuple[float, ...]
    warm_up_s: float
    window_s: float
    under_way_max: int
    look: Mapping[str, Any] | None
    wants_stats: bool

    def to_json(self) -> bytes:
        """As one line."""
        return orjson.dumps(self)

    @staticmethod
    def from_json(text: bytes) -> "LoadPlan":
        """What ``to_json`` wrote."""
        return LoadPlan(**orjson.loads(text))


@dataclass(frozen=True, slots=True)
class SessionReport:
    """One session. ``outcomes`` count from beginning to end, ``in_window`` within the window."""

    rate_fps: float
    sent: int
    withheld: int
    outcomes: Mapping[str, int]
    in_window: Mapping[str, int]
    unanswered: int
    unexpected: int
    out_of_order: int
    stats: Mapping[str, Any] | None

    @property
    def client_balance(self) -> int:
        """Frames without exactly one answer; zero, or something is wrong."""
        return abs(self.sent - sum(self.outcomes.values())) + self.unanswered + self.unexpected

    @property
    def server_balance(self) -> int:
        """By how many frames the server's last figures contradict themselves, or ours."""
        if self.stats is None:
            return 0
        received, delivered = int(self.stats["received"]), int(self.stats["delivered"])
        gone = sum(self.stats["dropped"].values()) + int(self.stats["failed"])
        accounted = delivered + gone + int(self.stats["in_flight"])
        ours = abs(received - self.sent) + abs(delivered - self.outcomes.get(DELIVERED, 0))
        return int(abs(received - accounted) + ours)


@dataclass(frozen=True, slots=True)
class LoadReport:
    """All of a run. Samples are (seconds into the window, milliseconds or bytes).

    ``server_cpu_s`` and ``load_cpu_s`` are user and system time within the window; ``load_lag_ms``
    is the longest time for which the load generator itself was held up. ``tree_cpu_s`` has the
    server's children besides; ``busy_s`` is what each processor had to do, for whomever.
    """

    window_s: float
    server_cpu_s: float
    load_cpu_s: float
    tree_cpu_s: float
    busy_s: tuple[float, ...]
    load_lag_ms: float
    rss_bytes: tuple[tuple[float, int], ...]
    latency_ms: tuple[tuple[float, float], ...]
    mean_processing_ms: float
    errors: tuple[str, ...]
    sessions: tuple[SessionReport, ...]

    def to_json(self) -> bytes:
        """As one line."""
        return orjson.dumps(self)

    @staticmethod
    def from_json(text: bytes) -> "LoadReport":
        """What ``to_json`` wrote."""
        fields = orjson.loads(text)
        sessions = tuple(SessionReport(**session) for session in fields.pop("sessions"))
        return LoadReport(**fields, sessions=sessions)
