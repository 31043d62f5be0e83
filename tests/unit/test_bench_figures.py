"""The benchmark's arithmetic and its tables."""

import math

import pytest

from tests.bench import figures
from tests.bench.plan import DELIVERED, SessionReport
from tests.bench.table import counts, table
from tests.bench.tally import Tally, Window
from tests.bench.wire import Answer


@pytest.mark.parametrize(
    ("demands", "capacity", "shares"),
    [
        ([1.0, 2.0], 10.0, [1.0, 2.0]),
        ([1.0, 10.0], 6.0, [1.0, 5.0]),
        ([10.0, 1.0], 6.0, [5.0, 1.0]),
        ([4.0, 4.0, 40.0], 6.0, [2.0, 2.0, 2.0]),
        ([2.0, 8.0, 9.0], 12.0, [2.0, 5.0, 5.0]),
    ],
)
def test_max_min_fair(demands: list[float], capacity: float, shares: list[float]) -> None:
    """Small demands are met in full and the rest is split in equal parts, in the order given."""
    assert figures.max_min_fair(demands, capacity) == pytest.approx(shares)


def test_percentile_is_the_nearest_rank() -> None:
    """A percentile is one of the values, whatever their order, and nan for none."""
    values = [float(value) for value in range(100, 0, -1)]
    assert figures.percentile(values, 0.50) == 51.0
    assert figures.percentile(values, 0.95) == 96.0
    assert figures.percentile([7.0], 0.95) == 7.0
    assert math.isnan(figures.percentile([], 0.5))


def test_cost_of_a_frame() -> None:
    """Frames for a second of processor time, and the other way round."""
    assert figures.per_core(300, 1.5) == 200.0
    assert figures.cpu_ms_per_frame(300, 1.5) == 5.0
    assert math.isnan(figures.cpu_ms_per_frame(0, 1.5))


def test_change_by_thirds_leaves_the_middle_out() -> None:
    """Growth is that of the last third's mean over the first third's."""
    samples = [(0.0, 100.0), (1.0, 100.0), (4.0, 999.0), (7.0, 110.0), (8.0, 110.0)]
    assert figures.change_by_thirds(samples, 9.0) == pytest.approx(0.10)


def test_what_never_comes_again_is_a_gap() -> None:
    """Nothing before the first and after the last counts as nothing in between; what came outside
    the two moments does not."""
    assert figures.longest_gap_s([4.0, 3.0, 1.0], 0.0, 5.0) == 2.0
    assert figures.longest_gap_s([1.0, 2.0], 0.0, 9.0) == 7.0
    assert figures.longest_gap_s([3.0, 8.0], 4.0, 7.0) == 3.0


def test_spread() -> None:
    """The smallest lies so far below the largest."""
    assert figures.spread([8.0, 10.0, 9.0]) == pytest.approx(0.2)


def test_total_counts() -> None:
    """Counters are added up by name; what never happened is left out."""
    assert figures.total_counts([{"late": 1, "stale": 0}, {"late": 2}]) == {"late": 3}


def test_balance_tells_lost_and_doubled_answers() -> None:
    """A frame without an answer and an answer without a frame both spoil the balance."""
    tally = Tally(Window(0.0, 1.0))
    for _ in range(3):
        tally.send(0.0)
    for number in (0, 0, 2):
        tally.answer(Answer(number, DELIVERED))
    report = tally.report(30.0)
    assert (report.unanswered, report.unexpected) == (1, 1)
    assert report.client_balance > 0


def test_server_balance_compares_its_figures_with_ours() -> None:
    """The server's last figures must account for every frame, as many as were sent."""
    stats = {"received": 5, "delivered": 3, "dropped": {"late": 1}, "failed": 0, "in_flight": 1}
    assert _report(stats, sent=5).server_balance == 0
    assert _report(stats, sent=6).server_balance == 1
    assert _report(stats | {"in_flight": 0}, sent=5).server_balance == 1


def test_table_is_aligned() -> None:
    """Every line has the same width, so that it reads well as plain text."""
    lines = table(["name", "x"], [["a", "1"], ["longer", "22"]]).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert lines[1] == "| ------ | -: |"
    assert counts({}) == "-"


def _report(stats: dict[str, object], sent: int) -> SessionReport:
    return SessionReport(
        rate_fps=30.0,
        sent=sent,
        withheld=0,
        outcomes={DELIVERED: 3},
        in_window={},
        unanswered=0,
        unexpected=0,
        out_of_order=0,
        stats=stats,
    )


def test_a_trend_has_an_error() -> None:
    """None on a line; otherwise as the textbook has it; and what is far out is clipped first."""
    assert figures.trend([(0, 1), (1, 3), (2, 5)]) == (2, 0)
    slope, error = figures.trend([(0, 0), (1, 2), (2, 1), (3, 3)])
    assert slope == pytest.approx(0.8)
    assert error == pytest.approx(math.sqrt(1.8 / 2 / 5))
    points = [(1, 1), (2, 900), (3, 2), (4, 3)]
    assert figures.clipped(points, 0.5) == [(1, 1), (2, 3), (3, 2), (4, 3)]
