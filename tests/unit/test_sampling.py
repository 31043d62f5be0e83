"""Which frames are sampled: the report's, for any length and rate."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.sampling import Sampler, sample_count, sampled_indices

TOTALS = st.integers(0, 20_000)
RATES = st.floats(0, 1, exclude_min=True, allow_subnormal=False)


def test_the_reports_example() -> None:
    """Of 100 frames at one half: 0, 2, 4 up to 98."""
    assert list(sampled_indices(100, 0.5)) == list(range(0, 100, 2))


@given(TOTALS, RATES)
def test_as_many_as_the_report_says(total: int, rate: float) -> None:
    """At least one where there is any, each once, in order, the first one first."""
    indices = list(sampled_indices(total, rate))
    assert len(indices) == sample_count(total, rate) == min(total, max(1, int(total * rate)))
    assert indices == sorted(set(indices))
    assert all(0 <= index < total for index in indices)
    assert not total or indices[0] == 0


@given(TOTALS, RATES)
def test_samples_are_even(total: int, rate: float) -> None:
    """No gap is larger than the next by more than one frame, the one at the end included."""
    indices = [*sampled_indices(total, rate), total]
    gaps = {after - before for before, after in pairwise(indices)}
    assert not gaps or max(gaps) - min(gaps) <= 1


@given(st.integers(1, 3000), RATES)
def test_indices_are_the_reports(total: int, rate: float) -> None:
    """``int(i * step)`` of section 3.1, but for what its floating step loses."""
    count = sample_count(total, rate)
    step = total / count
    for number, index in enumerate(sampled_indices(total, rate)):
        assert index in (int(number * step), int(number * step + 1e-6))


@given(st.integers(0, 500), RATES)
def test_a_sampler_tells_of_one_after_the_other(total: int, rate: float) -> None:
    """And of none beyond the total."""
    sampler = Sampler(total, rate)
    told = [index for index in range(total + 20) if sampler.take()]
    assert told == list(sampled_indices(total, rate))


@pytest.mark.parametrize("rate", [0, -0.5, 1.01, float("nan")])
def test_other_rates_are_none(rate: float) -> None:
    """Above 0 and up to 1."""
    with pytest.raises(ValueError, match="above 0 and up to 1"):
        sampled_indices(10, rate)
