"""What RTCP tells of a connection, as a few numbers. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from media.rtc.capture_clock import CapturePair
from media.rtc.video_codec import CLOCK_HZ

_LOST_UNIT = 256
"""RTCP reports the share lost in 256ths."""


@dataclass(frozen=True, slots=True)
class LinkFigures:
    """``lost_in`` and ``lost_out`` are shares of packets, since the beginning and in the last
    report; ``round_trip_ms`` is None until the client has reported twice. ``clock`` tells when the
    pictures that are sent were captured (see capture_clock)."""

    lost_in: float
    jitter_in_ms: float
    lost_out: float
    jitter_out_ms: float
    round_trip_ms: float | None
    clock: CapturePair | None = None


@dataclass(frozen=True, slots=True)
class LinkTotals:
    """What has passed since a connection began: packets of video, of which ``lost`` did not arrive,
    as far as that is known, and bytes of everything. ``in`` is what the client sends."""

    packets_in: int = 0
    lost_in: int = 0
    packets_out: int = 0
    lost_out: int = 0
    bytes_in: int = 0
    bytes_out: int = 0


class Source(Protocol):
    """A stream that comes in, as aiortc counts it."""

    packets_received: int

    @property
    def packets_lost(self) -> int:
        """Less than none where packets came twice."""
        ...


@dataclass(frozen=True, slots=True)
class LossReport:
    """The share of packets that the client missed since its report before, and when it said so."""

    at: datetime
    share: float


def last_loss(reports: Iterable[Any]) -> LossReport | None:
    """What the client reported last, of aiortc's statistics; None if it has not yet."""
    for report in reports:
        if report.type == "remote-inbound-rtp":
            return LossReport(report.timestamp, report.fractionLost / _LOST_UNIT)
    return None


def link_figures(reports: Iterable[Any]) -> LinkFigures:
    """Of aiortc's statistics."""
    by_kind = {report.type: report for report in reports}
    ours, theirs = by_kind.get("inbound-rtp"), by_kind.get("remote-inbound-rtp")
    return LinkFigures(
        lost_in=_share_lost(ours) if ours else 0.0,
        jitter_in_ms=_ms(ours.jitter) if ours else 0.0,
        lost_out=theirs.fractionLost / _LOST_UNIT if theirs else 0.0,
        jitter_out_ms=_ms(theirs.jitter) if theirs else 0.0,
        round_trip_ms=_round_trip_ms(theirs) if theirs else None,
    )


def link_totals(reports: Iterable[Any], sources: Iterable[Source]) -> LinkTotals:
    """Of aiortc's statistics, and of all that comes in: retransmissions are a stream of their own,
    and of several streams the statistics have but one. No more is lost on the way to the client
    than was sent, whatever it reports."""
    by_kind = {report.type: report for report in reports}
    ours, theirs = by_kind.get("outbound-rtp"), by_kind.get("remote-inbound-rtp")
    transport, coming = by_kind.get("transport"), list(sources)
    packets_in = sum(source.packets_received for source in coming)
    lost_in = sum(max(0, source.packets_lost) for source in coming)
    packets_out = ours.packetsSent if ours else 0
    return LinkTotals(
        packets_in=packets_in + lost_in,
        lost_in=lost_in,
        packets_out=packets_out,
        lost_out=min(packets_out, theirs.packetsLost) if theirs else 0,
        bytes_in=transport.bytesReceived if transport else 0,
        bytes_out=transport.bytesSent if transport else 0,
    )


def _share_lost(report: Any) -> float:
    sent = report.packetsReceived + report.packetsLost
    return max(0.0, report.packetsLost / sent) if sent else 0.0


def _ms(ticks: float) -> float:
    return ticks / CLOCK_HZ * 1000.0


def _round_trip_ms(report: Any) -> float | None:
    return None if report.roundTripTime is None else report.roundTripTime * 1000.0
