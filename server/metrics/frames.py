"""Meters of live video. At every moment frames received = delivered + dropped + failed + in flight:
those in flight are looked for among the live sessions, and not reckoned."""

from collections.abc import Mapping
from functools import partial
from typing import Final, Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from media.frame import DropCause

TRANSPORTS: Final = ("websocket", "webrtc")
_FRAME_BUCKETS_S: Final = (0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2)
"""The target is a fifth of a second."""
_STAGE_BUCKETS_S: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.035, 0.05, 0.1, 0.2, 0.5, 1, 2)


class Live(Protocol):
    """The live sessions, as far as they are counted."""

    def count(self, transport: str) -> int:
        """How many there are by this transport."""
        ...

    def in_flight(self, transport: str) -> int:
        """How many frames they hold together."""
        ...


class FrameMeters:
    """What comes in live, and what becomes of it."""

    def __init__(self, registry: CollectorRegistry) -> None:
        by_transport = partial(Counter, labelnames=["transport"], registry=registry)
        self.received = by_transport("hair_tryon_frames_received_total", "Frames that came")
        self.delivered = by_transport("hair_tryon_frames_delivered_total", "Frames sent back")
        self.failed = by_transport(
            "hair_tryon_frames_failed_total", "Frames that could not be processed"
        )
        self.dropped = Counter(
            "hair_tryon_frames_dropped_total",
            "Frames that were given up, by why",
            ["transport", "cause"],
            registry=registry,
        )
        self.seconds = Histogram(
            "hair_tryon_frame_seconds",
            "From a frame's arrival to its being sent back",
            ["transport"],
            buckets=_FRAME_BUCKETS_S,
            registry=registry,
        )
        self._stages = Histogram(
            "hair_tryon_processing_seconds",
            "Time of a frame's stages",
            ["operation"],
            buckets=_STAGE_BUCKETS_S,
            registry=registry,
        )
        self._known_stages = dict[str, Histogram]()
        by_transport_now = partial(Gauge, labelnames=["transport"], registry=registry)
        self._in_flight = by_transport_now(
            "hair_tryon_frames_in_flight", "Frames that wait or are worked on"
        )
        self._connections = by_transport_now(
            "hair_tryon_active_connections", "Live sessions that are connected"
        )
        self._most = Gauge(
            "hair_tryon_sessions_limit", "Live sessions that may be connected", registry=registry
        )
        for transport in TRANSPORTS:  # a rate needs the zero before the first
            self.tally(transport)

    def watch(self, live: Live, most: int) -> None:
        """Look at these sessions, of which there may be so many, whenever somebody asks."""
        self._most.set(most)
        for transport in TRANSPORTS:
            self._connections.labels(transport).set_function(partial(live.count, transport))
            self._in_flight.labels(transport).set_function(partial(live.in_flight, transport))

    def tally(self, transport: str) -> "FrameTally":
        """Counts one session's frames."""
        return FrameTally(self, transport)

    def processed(self, stage_ms: Mapping[str, float]) -> None:
        """A frame's stages took so long; they are of the engines' own naming, and few."""
        for stage, ms in stage_ms.items():
            known = self._known_stages.get(stage)
            if known is None:
                known = self._known_stages[stage] = self._stages.labels(stage)
            known.observe(ms / 1000.0)


class FrameTally:
    """A session's frames among those of its transport. See Tally."""

    def __init__(self, meters: FrameMeters, transport: str) -> None:
        self._received = meters.received.labels(transport)
        self._delivered = meters.delivered.labels(transport)
        self._failed = meters.failed.labels(transport)
        self._dropped = {cause: meters.dropped.labels(transport, cause) for cause in DropCause}
        self._seconds = meters.seconds.labels(transport)

    def received(self) -> None:
        """See Tally."""
        self._received.inc()

    def delivered(self, latency_s: float) -> None:
        """See Tally."""
        self._delivered.inc()
        self._seconds.observe(latency_s)

    def dropped(self, cause: DropCause) -> None:
        """See Tally."""
        self._dropped[cause].inc()

    def failed(self) -> None:
        """See Tally."""
        self._failed.inc()
