"""How well dyed hair meets its swatch, and whether it is still hair. Pure."""

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000

from media.frame import Picture
from processing.look import Bgr
from tests.bench.quality.arrays import Alpha, Mask, Plane, shrunk

Lab: TypeAlias = NDArray[np.float32]
"""CIE L*a*b* of D65, the last axis L (0 to 100), a, b."""

RIM_SHARE = 0.02
"""Of the picture's height: how far the core keeps from the outline that people drew."""
STRAND_SHARE = 0.01
"""Of the picture's height: standard deviation of the blur that takes strands for detail."""
LEAST_SPREAD = 0.6
"""The least spread that the project accepts (see ``PaintFigures.floor``)."""

WHOLLY = 250
"""Alpha, of 255, from which on a pixel is dyed and nothing else of it is left."""

FLAT = 1e-3
"""L*: a standard deviation below this is rounding."""


@dataclass(frozen=True, slots=True)
class PaintFigures:
    """One dyed picture against its swatch, within the core of the hair.

    Distances are CIEDE2000 (Sharma, Wu, Dalal 2005; ``skimage.color.deltaE_ciede2000``) from the
    swatch. ``of_mean``: of the core's mean colour in CIELAB, the colour one sees from afar.
    ``pixel_mean``, ``pixel_p90``: mean and 90th percentile over the core's pixels; strands that are
    lighter and darker than the swatch count here, so that real hair cannot have zero. ``floor``:
    the pixel mean of an ideal dye on this very hair: the swatch itself, and the source's strand
    detail at 0.6 of its strength. ``correlation`` is Pearson's, of the high-pass L* with the
    source's; ``spread`` is the ratio of their standard deviations: 0 for flat paint.
    ``dyed_correlation`` is the correlation of the pixels alone that the matte dyes wholly: beside a
    pixel that it misses, light in black hair or dark in white, strands count for nothing in the
    first, although they are all there.
    """

    of_mean: float
    pixel_mean: float
    pixel_p90: float
    correlation: float
    dyed_correlation: float
    spread: float
    floor: float


def lab_of(picture: Picture) -> Lab:
    """BGR uint8 to L*a*b*."""
    scaled = picture.astype(np.float32) / np.float32(255)
    return np.asarray(cv2.cvtColor(scaled, cv2.COLOR_BGR2LAB), np.float32)


def swatch_lab(color: Bgr) -> Lab:
    """One colour, shape (3,)."""
    return np.asarray(lab_of(np.asarray([[color]], np.uint8))[0, 0], np.float32)


def ciede2000(one: Lab, other: Lab) -> Plane:
    """The distance of each pair of colours; shapes broadcast as numpy's do."""
    pair = np.broadcast_arrays(one, other)
    return np.asarray(deltaE_ciede2000(*pair), np.float32)  # type: ignore[no-untyped-call]


def core(hair: Mask) -> Mask:
    """The hair without its rim, where the truth is unsure and the matte must be soft."""
    return shrunk(hair, max(3, round(RIM_SHARE * hair.shape[0])))


def high_pass(lightness: Plane, within: Mask) -> Plane:
    """What is finer than a lock: L* less its blur, which looks at no pixel outside of the mask."""
    sigma = max(1.5, STRAND_SHARE * lightness.shape[0])
    weight = within.astype(np.float32)
    blurred = cv2.GaussianBlur(lightness * weight, (0, 0), sigma)
    total = cv2.GaussianBlur(weight, (0, 0), sigma)
    return np.asarray(lightness - blurred / np.maximum(total, 1e-6), np.float32)


def judge(
    before: Picture, after: Picture, core_mask: Mask, color: Bgr, alpha: Alpha | None = None
) -> PaintFigures:
    """All figures of one dyed picture, and of the matte that it was dyed with: all hair if None.

    The core must not be empty.
    """
    swatch = swatch_lab(color)
    dyed, source = lab_of(after), lab_of(before)
    distances = ciede2000(dyed[core_mask], swatch)
    detail = high_pass(source[..., 0], core_mask)[core_mask]
    kept = high_pass(dyed[..., 0], core_mask)[core_mask]
    return PaintFigures(
        of_mean=float(ciede2000(dyed[core_mask].mean(axis=0), swatch)),
        pixel_mean=float(distances.mean()),
        pixel_p90=float(np.percentile(distances, 90)),
        correlation=_correlation(detail, kept),
        dyed_correlation=_dyed_correlation(source[..., 0], dyed[..., 0], core_mask, alpha),
        spread=float(kept.std() / max(float(detail.std()), 1e-6)),
        floor=_floor(detail, swatch),
    )


def _dyed_correlation(source: Plane, dyed: Plane, core_mask: Mask, alpha: Alpha | None) -> float:
    """Of the high-pass L*, where the core is dyed wholly; 0 where it is not dyed at all."""
    whole = core_mask if alpha is None else core_mask & (alpha >= WHOLLY)
    if not whole.any():
        return 0.0
    return _correlation(high_pass(source, whole)[whole], high_pass(dyed, whole)[whole])


def _correlation(one: Plane, other: Plane) -> float:
    """Pearson's; 0 where one of them is flat."""
    deviations = one.std(), other.std()
    if min(deviations) < FLAT:
        return 0.0
    together = np.mean((one - one.mean()) * (other - other.mean()))
    return float(together / (deviations[0] * deviations[1]))


def _floor(detail: Plane, swatch: Lab) -> float:
    ideal = np.tile(swatch, (detail.size, 1))
    ideal[:, 0] = np.clip(swatch[0] + LEAST_SPREAD * detail, 0, 100)
    return float(ciede2000(ideal, swatch).mean())
