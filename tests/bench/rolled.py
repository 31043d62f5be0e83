"""What a rolling restart has shown: tables, and verdicts of what was measured. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from tests.bench.figures import percentile, total_counts
from tests.bench.plan import DELIVERED, FAILED
from tests.bench.roaming import CUT_OFF, Journey
from tests.bench.table import counts, table, verdict

MACHINES: Final = 2
FILMS: Final = 4
MOST_GAP_S: Final = 2.0
CLOSED: Final = "closed"
"""Dropped, as the server stops."""


@dataclass(slots=True)
class Probe:
    """What was asked by HTTP meanwhile: how it was answered, and how long that took."""

    statuses: Counter[int] = field(default_factory=Counter)
    longest_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Restart:
    """One machine's: how long it took to stop, and until it was ready again."""

    stop_s: float
    start_s: float
    codes: tuple[int, int]


def sessions_table(journeys: Sequence[Journey]) -> str:
    """A row for each session."""
    rows = []
    for one in journeys:
        outcomes = Counter(one.outcomes)
        delivered = outcomes.pop(DELIVERED, 0)
        figures = (one.moves, one.tries, one.sent, delivered, one.unsent, one.looks_lost)
        rows.append([one.name, f"{one.gap_s:.2f}", *map(str, figures), counts(outcomes)])
    heads = ["session", "longest gap s", "moves", "tries", "sent", "came", "not sent",
             "looks lost", "others"]  # fmt: skip
    return table(heads, rows)


def restarts_table(restarts: Sequence[Restart]) -> str:
    """A row for each machine."""
    rows = [
        [f"machine {number}", f"{one.stop_s:.1f}", f"{one.start_s:.1f}",
         " / ".join(map(str, one.codes))]
        for number, one in enumerate(restarts, 1)
    ]  # fmt: skip
    return (
        "\n" + table(["restarted", "stopped after s", "ready after s", "exit codes"], rows) + "\n"
    )


def restarts_verdict(restarts: Sequence[Restart]) -> str:
    """Nobody had to be killed, or failed."""
    codes = [code for one in restarts for code in one.codes]
    return verdict(
        not any(codes), f"instances and workers ended with {', '.join(map(str, codes))}; 0 wanted"
    )


def session_verdicts(
    calm: Sequence[Journey], journeys: Sequence[Journey], troubles: dict[str, int]
) -> list[str]:
    """All went on elsewhere, and soon, with their looks; each frame had one answer."""
    gaps_s, before_s = ([one.gap_s for one in some] for some in (journeys, calm))
    moves, looks = [one.moves for one in journeys], sum(one.looks_lost for one in journeys)
    return [
        verdict(max(gaps_s) <= MOST_GAP_S,
                f"the longest gap between two pictures is {max(gaps_s):.2f} s, of half of the "
                f"sessions at most {percentile(gaps_s, 0.5):.2f} s ({MOST_GAP_S:g} s allowed; "
                f"before the restarts {max(before_s):.2f} s)"),
        *_frame_verdicts(journeys),
        verdict(looks == 0, f"{looks} looks lost in {sum(moves)} moves"),
        verdict(min(moves) >= 1 and max(moves) <= MACHINES,
                f"{min(moves)} to {max(moves)} moves of a session (1 to {MACHINES} wanted); what "
                f"went wrong on the way: {counts(troubles)}"),
    ]  # fmt: skip


def _frame_verdicts(journeys: Sequence[Journey]) -> list[str]:
    others = total_counts([one.outcomes for one in journeys])
    came, failed = others.pop(DELIVERED, 0), others.pop(FAILED, 0)
    gone = sum(others.pop(name, 0) for name in (CUT_OFF, CLOSED))
    unsent, silent = sum(one.unsent for one in journeys), sum(one.unanswered for one in journeys)
    doubled = sum(one.unexpected for one in journeys)
    disordered = sum(one.out_of_order for one in journeys)
    return [
        verdict(gone == 0, f"{gone} frames lost with their connection, {unsent} not sent while "
                f"there was none, {came} came; others: {counts(others)}"),
        verdict(not any((failed, silent, doubled, disordered)),
                f"of the others {failed} failed and {silent} had no answer; {doubled} answers were "
                f"to no frame, and {disordered} out of order"),
    ]  # fmt: skip


def job_verdicts(ended: Counter[str], made: Counter[str], files: int) -> list[str]:
    """Films were interrupted, and are complete all the same."""
    back = made["job handed back"]
    return [
        verdict(back > 0, f"films that a worker at its stop had at hand: {back}; 1 at least"),
        verdict(ended["completed"] == FILMS, f"films: {counts(ended)}; 0 lost wanted of {FILMS}"),
        verdict(made["ended once"] == FILMS and files == 3 * FILMS,
                f"none made twice: {counts(made)}; {files} files, 3 for each film"),
    ]  # fmt: skip


def probe_verdict(probe: Probe) -> str:
    """All was answered as ever."""
    said = {str(status): count for status, count in probe.statuses.items()}
    claim = f"what was asked by HTTP meanwhile: {counts(said)}; {probe.longest_s:.2f} s at most"
    return verdict(set(probe.statuses) == {200}, claim)
