"""How much of the time somebody waits."""

import math

import pytest

from processing.saturation import MEMORY_S, Saturation
from tests.fakes import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.mark.parametrize("waited", [0.0, 0.25, 0.8, 1.0])
def test_it_is_the_share_of_the_time(clock: ManualClock, waited: float) -> None:
    """Of turns that are short against its memory."""
    saturation = Saturation(clock)
    for _ in range(1000):
        saturation.changed(is_waited_for=True)
        clock.advance(waited * 0.010)
        saturation.changed(is_waited_for=False)
        clock.advance((1.0 - waited) * 0.010)
    assert saturation.share == pytest.approx(waited, abs=0.01)


def test_the_past_fades(clock: ManualClock) -> None:
    """Whether or not somebody looks in between."""
    saturation = Saturation(clock)
    saturation.changed(is_waited_for=True)
    assert saturation.share == 0.0
    clock.advance(MEMORY_S)
    assert saturation.share == pytest.approx(1.0 - 1.0 / math.e)
    saturation.changed(is_waited_for=False)
    for _ in range(4):
        clock.advance(MEMORY_S / 4)
        assert 0.0 < saturation.share < 1.0
    assert saturation.share == pytest.approx((1.0 - 1.0 / math.e) / math.e)
    clock.advance(60.0)
    assert saturation.share == pytest.approx(0.0, abs=1e-9)
