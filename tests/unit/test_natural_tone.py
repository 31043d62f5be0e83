"""The tone of hair: measured, smoothed over frames, and turned into contrast."""

import numpy as np
import pytest

from processing.local.natural.palette import slope_at
from processing.local.natural.planes import Floats
from processing.local.natural.tone import Tone, ToneMeter, gains


def _planes(low: float = 100.0) -> tuple[Floats, Floats, Floats]:
    weight = np.zeros((20, 20), np.float32)
    weight[5:15, 5:15] = 1
    shading = np.full((20, 20), low, np.float32)
    shading[:, 10:] += 20
    strands = np.where(np.indices((20, 20))[0] % 2, 6.0, -6.0).astype(np.float32)
    return shading + strands, shading, weight


def test_tone_of_known_planes() -> None:
    """Mean, shading and strands are what they were made of; what is no hair does not count."""
    luma, low, weight = _planes()
    luma[0, 0] = low[0, 0] = 255
    tone = Tone.measure(luma, low, weight)
    assert tone is not None
    assert tone.mean == pytest.approx(110)
    assert tone.shading == pytest.approx(10)
    assert tone.strands == pytest.approx(6)


def test_no_hair_has_no_tone() -> None:
    """An empty matte measures nothing."""
    luma, low, weight = _planes()
    assert Tone.measure(luma, low, weight * 0) is None


def test_the_first_frame_is_believed() -> None:
    """The meter starts with the first tone as it is."""
    assert ToneMeter().update(Tone(100, 5, 5)) == Tone(100, 5, 5)


def test_a_change_of_light_is_followed_within_half_a_second() -> None:
    """After 15 frames at least 95 percent of the change has been taken over, without a jump."""
    meter = ToneMeter()
    meter.update(Tone(100, 10, 10))
    means = [meter.update(Tone(150, 10, 10)).mean for _ in range(15)]
    assert means[0] == pytest.approx(110)
    assert means[-1] > 147.5
    assert means == sorted(means)


def test_noise_is_smoothed() -> None:
    """What trembles from frame to frame trembles a third as much."""
    meter = ToneMeter()
    noise = np.random.default_rng(3).normal(100, 4, 300)
    smooth = [meter.update(Tone(float(value), 5, 5)).mean for value in noise]
    assert np.std(smooth[30:]) < 1.6


@pytest.mark.parametrize(("mean", "shading", "strands"), [(20, 8, 8), (70, 20, 16), (170, 40, 30)])
@pytest.mark.parametrize(("spread", "slope"), [(4.7, 0.4), (7.2, 0.38), (5.0, 0.3)])
def test_strands_stay_within_bounds(
    mean: float, shading: float, strands: float, spread: float, slope: float
) -> None:
    """In L*, strands keep 0.6 to 1.4 of their contrast, and shading gets no more than they."""
    found = gains(Tone(mean, shading, strands), spread, slope)
    source = slope_at(mean) / slope
    assert 0.6 * source <= found.strands <= 1.4 * source
    assert 0 < found.shading <= 1.5 * found.strands


def test_flat_hair_is_given_volume() -> None:
    """Hair with no shading of its own gets a shade at its outline; well-lit hair gets none."""
    assert gains(Tone(20, 0.5, 2), 7.0, 0.38).volume > 5
    assert gains(Tone(80, 30, 10), 7.0, 0.38).volume == 0


def test_more_room_means_more_contrast() -> None:
    """A dye with a wider spread is given at least as much of the shading and of the strands."""
    tone = Tone(60, 15, 12)
    narrow, wide = gains(tone, 4.0, 0.4), gains(tone, 8.0, 0.4)
    assert wide.shading > narrow.shading
    assert wide.strands > narrow.strands
