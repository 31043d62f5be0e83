"""How long a job will take, by how long others took."""

import pytest

from server.jobs.estimate import (
    CARRIED_TIMES,
    EXPECTED_EDIT_S,
    EXPECTED_MPX_PER_S,
    START_S,
    edited_s,
    estimated_s,
    pace_mpx_per_s,
    worked_mpx,
)
from storage.results import Workload

NOTHING = Workload(0, 0, 0.0, 0.0, 0.0)


def test_before_anything_was_measured() -> None:
    """What a slow machine does is expected."""
    assert pace_mpx_per_s(NOTHING) == EXPECTED_MPX_PER_S
    assert estimated_s(NOTHING, 0, 4 * EXPECTED_MPX_PER_S, 1) == 4 + START_S


def test_what_was_measured_counts_more_and_more() -> None:
    """A fast machine is believed when it has shown it."""
    some, many = Workload(0, 0, 0, 1000, 10), Workload(0, 0, 0, 100_000, 1000)
    assert EXPECTED_MPX_PER_S < pace_mpx_per_s(some) < pace_mpx_per_s(many) < 100
    assert pace_mpx_per_s(many) == pytest.approx(100, rel=0.01)


def test_who_waits_waits_longer() -> None:
    """By what is ahead, shared by the places."""
    own = estimated_s(NOTHING, 0, 250, 1)
    assert estimated_s(NOTHING, 1000, 250, 1) == own + 40
    assert estimated_s(NOTHING, 1000, 250, 4) == own + 10


def test_it_is_never_nothing() -> None:
    """Whole seconds, rounded up."""
    assert estimated_s(NOTHING, 0, 0, 1) == 1


def test_pictures_are_waited_for_together() -> None:
    """As many at once as there are places."""
    assert [edited_s(pictures, 5) / EXPECTED_EDIT_S for pictures in (0, 1, 5, 6)] == [0, 1, 1, 2]
    assert estimated_s(NOTHING, 0, 0, 1, edited_s(5, 5)) == START_S + EXPECTED_EDIT_S


def test_carried_hair_is_work() -> None:
    """Of a film without keyframes there is none."""
    assert (worked_mpx(10, 0), worked_mpx(10, 2)) == (10, 10 * CARRIED_TIMES)
