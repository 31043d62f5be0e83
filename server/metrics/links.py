"""Meters of WebRTC connections, of what each tells once a second."""

from collections.abc import Callable
from functools import partial
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from media.rtc.figures import LinkFigures, LinkTotals

MOST_S: Final = 10.0
"""Clients report what they like."""
_JITTER_BUCKETS_S: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5)
_TRIP_BUCKETS_S: Final = (0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2)
_BITRATE_BUCKETS: Final = (
    150_000, 300_000, 500_000, 750_000, 1_000_000, 1_500_000, 2_000_000, 3_000_000, 4_000_000,
)  # fmt: skip
"""Bits a second, between the least and the most that the encoder is asked for."""


class LinkMeters:
    """All connections together, each way: ``in`` is what clients send."""

    def __init__(self, registry: CollectorRegistry) -> None:
        each_way = partial(Counter, labelnames=["direction"], registry=registry)
        packets = each_way("hair_tryon_webrtc_packets_total", "Packets of video that were sent")
        lost = each_way("hair_tryon_webrtc_packets_lost_total", "Those of them that did not come")
        octets = each_way("hair_tryon_webrtc_bytes_total", "Bytes, all packets included")
        self.counters = tuple(
            counter.labels(way) for counter in (packets, lost, octets) for way in ("in", "out")
        )
        jitter = Histogram(
            "hair_tryon_webrtc_jitter_seconds",
            "By how much packets come unevenly; a connection each second",
            ["direction"],
            buckets=_JITTER_BUCKETS_S,
            registry=registry,
        )
        self.jitter_in, self.jitter_out = jitter.labels("in"), jitter.labels("out")
        self.round_trip = Histogram(
            "hair_tryon_webrtc_round_trip_seconds",
            "To the client and back; a connection each second",
            buckets=_TRIP_BUCKETS_S,
            registry=registry,
        )
        self._viewers = Gauge(
            "hair_tryon_webrtc_viewers", "Who watch a live session by WHEP", registry=registry
        )
        self.bitrate = Histogram(
            "hair_tryon_webrtc_target_bitrate",
            "Bits a second that the picture sent may take; a connection each second",
            buckets=_BITRATE_BUCKETS,
            registry=registry,
        )

    def watch(self, viewers: Callable[[], int]) -> None:
        """Ask how many watch, whenever somebody asks."""
        self._viewers.set_function(viewers)

    def tally(self) -> "LinkTally":
        """Counts one connection."""
        return LinkTally(self)


class LinkTally:
    """One connection among all. A total that goes back, as when a packet comes after all that was
    counted as lost, waits until it is above where it was."""

    def __init__(self, meters: LinkMeters) -> None:
        self._meters = meters
        self._counted = [0] * len(meters.counters)

    def read(self, figures: LinkFigures, totals: LinkTotals, target_bps: int) -> None:
        """What the connection of a live session tells now."""
        self.count(totals)
        meters = self._meters
        meters.jitter_in.observe(_seconds(figures.jitter_in_ms))
        meters.bitrate.observe(target_bps)
        if figures.round_trip_ms is not None:
            meters.jitter_out.observe(_seconds(figures.jitter_out_ms))
            meters.round_trip.observe(_seconds(figures.round_trip_ms))

    def count(self, totals: LinkTotals) -> None:
        """What has passed by now."""
        now = (
            totals.packets_in, totals.packets_out, totals.lost_in, totals.lost_out,
            totals.bytes_in, totals.bytes_out,
        )  # fmt: skip
        for index, (counter, total) in enumerate(zip(self._meters.counters, now, strict=True)):
            counter.inc(max(0, total - self._counted[index]))
            self._counted[index] = max(total, self._counted[index])


def _seconds(ms: float) -> float:
    return min(MOST_S, max(0.0, ms / 1000.0))
