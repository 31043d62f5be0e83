"""Dyed hair against its swatch, and what happened beside the hair."""

import numpy as np
import pytest

from media.frame import Picture
from tests.bench.quality import paint, spill
from tests.bench.quality.arrays import Mask

COPPER = (35, 75, 166)
HAIR = np.zeros((100, 100), np.bool_)
HAIR[20:80, 20:80] = True
CORE = paint.core(HAIR)


def test_distance_is_ciede2000() -> None:
    """A pair of the test data that Sharma, Wu and Dalal published (their number 1: 2.0425)."""
    one = np.array([50, 2.6772, -79.7751], np.float32)
    other = np.array([50, 0, -82.7485], np.float32)
    assert float(paint.ciede2000(one, other)) == pytest.approx(2.0425, abs=1e-3)


def test_core_keeps_off_the_rim() -> None:
    """At least 3 px of the outline are left out."""
    assert CORE.sum() == 54 * 54


def test_hair_in_the_swatch_itself_has_no_distance() -> None:
    """Flat paint in the right colour meets the swatch, and fails as hair."""
    figures = paint.judge(_strands(), _flat(COPPER), CORE, COPPER)
    assert figures.of_mean == pytest.approx(0, abs=0.01)
    assert figures.pixel_p90 == pytest.approx(0, abs=0.01)
    assert figures.spread == pytest.approx(0, abs=0.01)
    assert figures.correlation == 0.0


def test_untouched_hair_keeps_its_strands() -> None:
    """Nothing done: all of the detail, none of the colour."""
    figures = paint.judge(_strands(), _strands(), CORE, COPPER)
    assert figures.correlation == pytest.approx(1)
    assert figures.spread == pytest.approx(1)
    assert figures.of_mean > 20


def test_noise_is_no_strand() -> None:
    """Detail of the right strength that is not the source's does not correlate."""
    figures = paint.judge(_strands(1), _strands(2), CORE, COPPER)
    assert abs(figures.correlation) < 0.2
    assert figures.spread == pytest.approx(1, abs=0.2)


def test_a_pixel_that_the_matte_misses_hides_no_strand() -> None:
    """A light spot in hair dyed dark drowns the strands; where hair is dyed they are all there."""
    before, after = _strands(strength=12), _strands(strength=4)
    alpha = np.full(HAIR.shape, 255, np.uint8)
    alpha[48:51, 48:51] = 0
    after[48:51, 48:51] = 255
    figures = paint.judge(before, after, CORE, COPPER, alpha)
    assert figures.correlation < 0.7
    assert figures.dyed_correlation > 0.95


def test_half_the_contrast_is_half_the_spread() -> None:
    """The spread is measured in L*, so that a darker dye is not blamed for its gamma."""
    faded = _strands(strength=12)
    assert paint.judge(_strands(strength=24), faded, CORE, COPPER).spread == pytest.approx(
        0.5, abs=0.06
    )


def test_floor_comes_from_the_strands() -> None:
    """The ideal dye's pixel mean is above zero where there is detail, and zero where it is flat."""
    assert paint.judge(_strands(), _strands(), CORE, COPPER).floor > 1
    assert paint.judge(_flat(COPPER), _flat(COPPER), CORE, COPPER).floor < 0.1


def test_shading_is_no_detail() -> None:
    """A wide gradient passes the high-pass as next to nothing."""
    ramp = np.tile(np.linspace(20, 80, 100, dtype=np.float32), (100, 1))
    assert np.abs(paint.high_pass(ramp, HAIR)[CORE]).max() < 0.5


def test_far_begins_beyond_three_percent_of_the_height() -> None:
    """3 px of 100 are near; without hair everything is far."""
    far = spill.far_from(HAIR)
    assert not far[50, 17]
    assert far[50, 16]
    assert spill.far_from(np.zeros((5, 5), np.bool_)).all()


def test_leak_counts_visible_changes_only() -> None:
    """A step of one level is invisible, a painted patch is not; near the hair nothing counts."""
    before = _flat((120, 120, 120))
    after = before.copy()
    after[0:2, 0:10] = 121
    after[4:6, 0:10] = 200
    after[50, 18] = 200
    assert spill.leaked(before, after, spill.far_from(HAIR)).sum() == 20
    assert not spill.leaked(before, before, spill.far_from(HAIR)).any()


def test_face_similarity() -> None:
    """An untouched face has 1, a painted one less; without a face there is no figure."""
    face: Mask = np.zeros((100, 100), np.bool_)
    face[30:60, 30:60] = True
    assert spill.face_similarity(_strands(), _strands(), face) == pytest.approx(1)
    assert spill.face_similarity(_strands(), _flat(COPPER), face) < 0.5
    assert np.isnan(spill.face_similarity(_strands(), _strands(), np.zeros_like(face)))


def test_a_touched_bit_outside_the_matte_is_an_error() -> None:
    """One level of one channel is enough."""
    alpha = HAIR.astype(np.uint8)
    before = _strands()
    within, outside = before.copy(), before.copy()
    within[50, 50] ^= 255
    outside[0, 0, 1] ^= 1
    spill.assert_untouched(before, within, alpha)
    with pytest.raises(AssertionError, match="1 pixels outside"):
        spill.assert_untouched(before, outside, alpha)


def _flat(color: tuple[int, int, int]) -> Picture:
    return np.full((100, 100, 3), color, np.uint8)


def _strands(seed: int = 1, strength: float = 20) -> Picture:
    """Vertical strands of random grey, around a lightness at which L* is nearly linear."""
    shades = np.random.default_rng(seed).normal(128, strength, (1, 100, 1))
    return np.broadcast_to(np.clip(shades, 0, 255), (100, 100, 3)).astype(np.uint8)
