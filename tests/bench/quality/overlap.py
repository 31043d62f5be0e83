"""How well a mask agrees with the truth. Pure."""

import math

import cv2
import numpy as np

from tests.bench.quality.arrays import Mask, disc, mean

TOLERANCE = 0.008
"""Of the diagonal, as in the DAVIS evaluation (``bound_th``)."""
RESAMPLES = 2000


def iou(found: Mask, truth: Mask) -> float:
    """Intersection over union (Jaccard index; DAVIS calls it J, region similarity).

    1.0 where both are empty, as in the DAVIS evaluation (Perazzi et al., CVPR 2016).
    """
    union = int(np.count_nonzero(found | truth))
    return int(np.count_nonzero(found & truth)) / union if union else 1.0


def tolerance_px(height_px: float, width_px: float) -> int:
    """How far a contour may be off: 0.8 % of the diagonal, rounded up."""
    return math.ceil(TOLERANCE * math.hypot(height_px, width_px))


def boundary_f(found: Mask, truth: Mask, within_px: int) -> float:
    """Contour accuracy F (Perazzi et al., "A Benchmark Dataset and Evaluation Methodology for
    Video Object Segmentation", CVPR 2016, section 4).

    Precision is the share of the found contour within ``within_px`` of the true one, recall the
    share of the true contour within ``within_px`` of the found one; F is their harmonic mean. The
    array's edge is no contour. As in the official code, 1.0 where neither has a contour, and 0.0
    where only one has.
    """
    contours = [_contour(found), _contour(truth)]
    if not contours[0].any() or not contours[1].any():
        return float(contours[0].any() == contours[1].any())
    near = [cv2.dilate(contour.astype(np.uint8), disc(within_px)) > 0 for contour in contours]
    precision = float(np.mean(near[1][contours[0]]))
    recall = float(np.mean(near[0][contours[1]]))
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _contour(mask: Mask) -> Mask:
    """Pixels that differ from the one to the right, below, or both (``seg2bmap``)."""
    padded = np.pad(mask, ((0, 1), (0, 1)), mode="edge")
    here = padded[:-1, :-1]
    differs = (here != padded[:-1, 1:]) | (here != padded[1:, :-1]) | (here != padded[1:, 1:])
    return np.asarray(differs, np.bool_)


def share(found: Mask, region: Mask) -> float:
    """The share of the region that is found; nan for an empty region."""
    size = int(np.count_nonzero(region))
    return int(np.count_nonzero(found & region)) / size if size else float("nan")


def mean_difference(ours: list[float], theirs: list[float]) -> tuple[float, float, float]:
    """Mean of ours less theirs on the same pictures, and its 95 % interval (paired bootstrap)."""
    differences = np.subtract(ours, theirs)
    if not differences.size:
        return float("nan"), float("nan"), float("nan")
    rng = np.random.default_rng(1)
    drawn = rng.choice(differences, (RESAMPLES, differences.size)).mean(axis=1)
    low, high = np.percentile(drawn, (2.5, 97.5))
    return mean(list(differences)), float(low), float(high)
