"""The effort ladder."""

from itertools import pairwise

from processing.local.natural.effort import CLIMB_FRAMES, LADDER, EffortLadder


def test_starts_at_full_effort() -> None:
    """Nothing is spared as long as nobody presses."""
    assert EffortLadder().feel(0.3) == LADDER[0]


def test_descends_under_pressure_and_climbs_back() -> None:
    """Pressure takes it to the lowest rung, ease back to the highest."""
    ladder = EffortLadder()
    for _ in range(20):
        ladder.feel(1.2)
    assert ladder.effort == LADDER[-1]
    for _ in range(CLIMB_FRAMES * len(LADDER)):
        ladder.feel(0.2)
    assert ladder.effort == LADDER[0]


def test_one_hard_frame_changes_nothing() -> None:
    """A single slow frame is no load."""
    ladder = EffortLadder()
    for pressure in (0.3, 2.0, 0.3, 2.0, 0.3):
        assert ladder.feel(pressure) == LADDER[0]


def test_does_not_swing_between_the_limits() -> None:
    """Pressure between the two limits keeps the rung."""
    ladder = EffortLadder()
    for _ in range(3):
        ladder.feel(1.0)
    lower = ladder.effort
    for _ in range(200):
        ladder.feel(0.7)
    assert ladder.effort == lower == LADDER[1]


def test_each_rung_costs_less() -> None:
    """Further down the network looks no more often, at no larger crop."""
    for upper, lower in pairwise(LADDER):
        assert lower.share < upper.share
        assert lower.crop_px <= upper.crop_px
        assert lower.moving_every >= upper.moving_every
        assert lower.still_every >= upper.still_every
        assert lower.calm_px <= upper.calm_px
        assert all(side % 32 == 0 for side in (lower.crop_px, lower.calm_px, upper.calm_px))
