"""What a run has to show. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tests.load.recorder import CONNECT, FILM, FRAME, LOOK, METHODS
from tests.load.runs import Outcome
from tests.load.vitals import MOST_DRIFT, SLACK, Vitals, grown, memory_drift

MOST_DROPPED: Final = 0.05
"""Of the frames, where there are no more than can be made."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Something that was wanted, and whether it is so."""

    holds: bool
    claim: str


def of_load(outcome: Outcome) -> list[Verdict]:
    """Who came was answered, nothing failed, and the service ended as it should."""
    record = outcome.record
    failed = sum(row.failed for row in record.totals)
    count = sum(row.count for row in record.totals)
    said = outcome.complaints
    return [
        _answered(outcome),
        Verdict(failed == 0, f"{failed} of {count} answers were failures"),
        Verdict(outcome.exit_code == 0, f"the service ended with {outcome.exit_code}"),
        Verdict(not said, f"{len(said)} lines in its log, warnings and worse"),
    ]


def of_soak(outcome: Outcome) -> list[Verdict]:
    """Besides, most frames come back and films are made; what it holds does not grow, and is given
    back."""
    dropped, films = outcome.record.dropped_share, outcome.record.total(FILM).answered
    return [
        *_held(outcome),
        Verdict(
            dropped <= MOST_DROPPED,
            f"{dropped:.1%} of the frames were dropped (at most {MOST_DROPPED:.0%} wanted)",
        ),
        Verdict(films > 0 or not outcome.plan.visitors_per_minute, f"{films} films were made"),
        *of_load(outcome),
    ]


def _held(outcome: Outcome) -> list[Verdict]:
    drift, minutes = memory_drift(outcome.samples), outcome.plan.seconds / 180.0
    before, after = outcome.before, outcome.after
    more = grown(before, after)
    return [
        Verdict(
            abs(drift) <= MOST_DRIFT,
            f"memory of the service, without its films, in the last {minutes:.3g} minutes is "
            f"{drift:+.1%} of that in the first {minutes:.3g} (within {MOST_DRIFT:.0%} wanted)",
        ),
        *(
            Verdict(
                name not in more,
                f"{name}: {getattr(before, name)} before, at most {_most(outcome.samples, name)} "
                f"meanwhile, {getattr(after, name)} after ({most} more allowed)",
            )
            for name, most in SLACK.items()
        ),
    ]


def facts(outcome: Outcome, load_average: float) -> list[str]:
    """What was done, in words."""
    plan, record = outcome.plan, outcome.record
    frames = record.total(FRAME)
    lasts = f"for {plan.session_s:g} s on average"
    told = "" if outcome.capacity_fps is None else f" (capacity {outcome.capacity_fps:.0f})"
    begun, made = record.total(CONNECT).count, record.total(FILM).count
    return [
        (
            f"{plan.seconds:.0f} s with {plan.live_users} people live at {plan.live_fps:g} "
            f"frames/s, each {lasts}, and {plan.visitors_per_minute:g} visitors a minute."
        ),
        (
            f"{frames.per_s:.1f} frames/s came back{told}, {record.dropped_share:.1%} were "
            f"dropped; p50 {frames.p50_ms:.0f} ms, p95 {frames.p95_ms:.0f} ms, p99 "
            f"{frames.p99_ms:.0f} ms."
        ),
        (
            f"Sessions begun: {begun}; films made: {made}; the machine's load average at the "
            f"end: {load_average:.1f}."
        ),
    ]


def _answered(outcome: Outcome) -> Verdict:
    """A service that drops all, or is not asked at all, fails at nothing."""
    plan, record = outcome.plan, outcome.record
    live = {name: record.total(name).answered for name in (CONNECT, LOOK, FRAME)}
    asked = sum(row.answered for row in record.totals if row.name.startswith(METHODS))
    counts = live if plan.live_users else {}
    counts |= {"by HTTP": asked} if plan.visitors_per_minute else {}
    said = ", ".join(f"{name} {count}" for name, count in counts.items())
    return Verdict(bool(counts) and all(counts.values()), f"answered: {said or 'nobody'}")


def _most(samples: Sequence[Vitals], name: str) -> int:
    return max((getattr(one, name) for one in samples), default=0)
