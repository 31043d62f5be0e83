"""What a run has to show. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.load.recorder import CONNECT, FILM, FRAME
from tests.load.runs import Outcome
from tests.load.vitals import MOST_DRIFT, SLACK, Vitals, grown, memory_drift


@dataclass(frozen=True, slots=True)
class Verdict:
    """Something that was wanted, and whether it is so."""

    holds: bool
    claim: str


def of_load(outcome: Outcome) -> list[Verdict]:
    """Nothing failed, and the service ended as it should."""
    record = outcome.record
    failed = sum(row.failed for row in record.totals)
    count = sum(row.count for row in record.totals)
    said = outcome.complaints
    return [
        Verdict(failed == 0, f"{failed} of {count} answers were failures"),
        Verdict(outcome.exit_code == 0, f"the service ended with {outcome.exit_code}"),
        Verdict(not said, f"{len(said)} lines in its log, warnings and worse"),
    ]


def of_soak(outcome: Outcome) -> list[Verdict]:
    """Besides, what it holds does not grow, and is given back."""
    drift, minutes = memory_drift(outcome.samples), outcome.plan.seconds / 180.0
    before, after = outcome.before, outcome.after
    more = grown(before, after)
    return [
        Verdict(
            abs(drift) <= MOST_DRIFT,
            f"memory of the last {minutes:.3g} minutes is {drift:+.1%} of that of the first "
            f"{minutes:.3g} (within {MOST_DRIFT:.0%} wanted)",
        ),
        *(
            Verdict(
                name not in more,
                f"{name}: {getattr(before, name)} before, at most {_most(outcome.samples, name)} "
                f"meanwhile, {getattr(after, name)} after ({most} more allowed)",
            )
            for name, most in SLACK.items()
        ),
        *of_load(outcome),
    ]


def facts(outcome: Outcome, load_average: float) -> list[str]:
    """What was done, in words."""
    plan, record = outcome.plan, outcome.record
    frames, dropped = record.total(FRAME), record.dropped
    lasts = f"for {plan.session_s:g} s on average"
    told = "" if outcome.capacity_fps is None else f" (capacity {outcome.capacity_fps:.0f})"
    shares = f"{dropped / (frames.count + dropped or 1):.1%}"
    begun, made = record.total(CONNECT).count, record.total(FILM).count
    return [
        (
            f"{plan.seconds:.0f} s with {plan.live_users} people live at {plan.live_fps:g} "
            f"frames/s, each {lasts}, and {plan.visitors_per_minute:g} visitors a minute."
        ),
        (
            f"{frames.per_s:.1f} frames/s came back{told}, {shares} were dropped; p50 "
            f"{frames.p50_ms:.0f} ms, p95 {frames.p95_ms:.0f} ms, p99 {frames.p99_ms:.0f} ms."
        ),
        (
            f"Sessions begun: {begun}; films made: {made}; the machine's load average at the "
            f"end: {load_average:.1f}."
        ),
    ]


def _most(samples: Sequence[Vitals], name: str) -> int:
    return max((getattr(one, name) for one in samples), default=0)
