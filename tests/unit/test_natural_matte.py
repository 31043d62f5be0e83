"""From the network's coarse answer to the soft matte."""

import cv2
import numpy as np
import pytest

from processing.local.natural.crop import Square, take
from processing.local.natural.matte import Draft, refine

SQUARE = Square(320.0, 240.0, 384.0)
N = 96


def scene(edge_px: int = 330) -> tuple[np.ndarray, np.ndarray]:
    """Luma, dark hair left of a column on a light wall, and a coarse answer that is 4 px off."""
    luma = np.full((480, 640), 190, np.uint8)
    luma[:, :edge_px] = 40
    coarse = np.zeros((480, 640), np.uint8)
    coarse[60:420, 200 : edge_px + 4] = 255
    hair = take(coarse, SQUARE, N).astype(np.float32) / 255
    return luma, cv2.GaussianBlur(hair, (0, 0), 1.5)


def whole(draft: Draft | None, shape: tuple[int, ...] = (480, 640)) -> np.ndarray:
    """The matte over the whole picture."""
    alpha = np.zeros(shape[:2], np.uint8)
    if draft is not None:
        matte = draft.matte()
        height, width = matte.alpha.shape
        alpha[matte.top : matte.top + height, matte.left : matte.left + width] = matte.alpha
    return alpha


def test_the_matte_follows_the_pictures_edge() -> None:
    """The answer ends 4 px beyond the edge; the matte ends at it."""
    luma, hair = scene()
    alpha = whole(refine(hair, take(luma, SQUARE, N), SQUARE, luma))
    assert alpha[240, 322] > 170
    assert alpha[240, 338] < 128
    crossing = int(np.argmax(alpha[240, 280:380] < 128)) + 280
    assert abs(crossing - 330) <= 3


def test_inside_is_solid_and_outside_is_nothing() -> None:
    """No haze on the wall, no holes in the hair."""
    luma, hair = scene()
    alpha = whole(refine(hair, take(luma, SQUARE, N), SQUARE, luma))
    assert alpha[150:330, 240:300].min() == 255
    assert alpha[:, 380:].max() == 0
    assert alpha[:, :140].max() == 0


def test_no_hair_no_matte() -> None:
    """An empty answer gives none."""
    luma, hair = scene()
    assert refine(hair * 0, take(luma, SQUARE, N), SQUARE, luma) is None


@pytest.mark.parametrize("square", [Square(-500, 100, 300), Square(320, 2000, 300)])
def test_square_outside_the_picture(square: Square) -> None:
    """Hair that is nowhere in the picture gives none."""
    luma, hair = scene()
    assert refine(hair, take(luma, square, N), square, luma) is None


@pytest.mark.parametrize("shape", [(16, 16), (1, 1), (40, 900)])
def test_any_picture(shape: tuple[int, int]) -> None:
    """The rectangle lies within the picture, whatever its size."""
    luma = np.full(shape, 90, np.uint8)
    square = Square(shape[1] / 2, shape[0] / 2, 200.0)
    draft = refine(np.ones((N, N), np.float32), take(luma, square, N), square, luma)
    assert draft is not None
    matte = draft.matte()
    height, width = matte.alpha.shape
    assert matte.left >= 0
    assert matte.top >= 0
    assert matte.left + width <= shape[1]
    assert matte.top + height <= shape[0]


def test_a_grey_level_of_noise_moves_the_matte_little() -> None:
    """The matte of a still picture does not flicker with the sensor's noise."""
    luma, hair = scene()
    noise = np.random.default_rng(4).normal(0, 2, luma.shape)
    other = np.clip(luma + noise, 0, 255).astype(np.uint8)
    one = whole(refine(hair, take(luma, SQUARE, N), SQUARE, luma)).astype(int)
    two = whole(refine(hair, take(other, SQUARE, N), SQUARE, other)).astype(int)
    assert np.abs(one - two).mean() < 1.5


@pytest.mark.parametrize("shape", [(480, 640), (479, 641)])
def test_half_the_resolution_is_nearly_the_same_matte(shape: tuple[int, int]) -> None:
    """At half the resolution the matte has the same place and size and differs at edges only."""
    luma = np.full(shape, 190, np.uint8)
    luma[:, : shape[1] // 2] = 40
    square = Square(shape[1] / 2, shape[0] / 2, 0.8 * shape[1])
    guide = take(luma, square, N)
    hair = np.asarray(guide < 100, np.float32)
    drafts = [refine(hair, guide, square, luma, step) for step in (1, 2)]
    full, half = (draft.matte() for draft in drafts if draft is not None)
    assert (half.left, half.top, half.alpha.shape) == (full.left, full.top, full.alpha.shape)
    assert np.abs(half.alpha.astype(int) - full.alpha).mean() < 6
