"""The plan: the learning rate's curve and the sizes of the pictures."""

import pytest

from processing.training.plan import Plan

PLAN = Plan(1000, ((0.5, 128), (0.3, 192), (0.2, 224)), warm_up_steps=100)


def test_rate_warms_up_and_cools_down() -> None:
    """Up in a line to the peak, down to nothing at the end, never below, even beyond the end."""
    assert PLAN.rate(0) == pytest.approx(PLAN.peak_rate / 100)
    assert PLAN.rate(100) == pytest.approx(PLAN.peak_rate)
    assert PLAN.rate(550) == pytest.approx(PLAN.peak_rate / 2)
    assert PLAN.rate(1000) == pytest.approx(0.0)
    assert PLAN.rate(5000) == pytest.approx(0.0)


def test_pictures_grow() -> None:
    """Each stage begins after its predecessors' shares of the steps; the last one stays."""
    steps = (0, 499, 500, 799, 800, 2000)
    assert [PLAN.size_px(step) for step in steps] == [128, 128, 192, 192, 224, 224]


def test_plan_shorter_than_its_warm_up() -> None:
    """A trial of a few steps has a rate all the same."""
    assert Plan(10, ((1.0, 96),)).rate(9) > 0
