"""What RTCP tells of a connection, as a few numbers. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

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


def _share_lost(report: Any) -> float:
    sent = report.packetsReceived + report.packetsLost
    return max(0.0, report.packetsLost / sent) if sent else 0.0


def _ms(ticks: float) -> float:
    return ticks / CLOCK_HZ * 1000.0


def _round_trip_ms(report: Any) -> float | None:
    return None if report.roundTripTime is None else report.roundTripTime * 1000.0
