"""Where in the user's photo the pixels of its edit belong.

Models give back another size, and the picture a little shifted, larger or turned. What both
pictures share tells by how much: first the face, then whatever beside the hair moved as it did.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from processing.cloud.paste.affine import (
    Affine,
    after,
    covered,
    inverse,
    moved,
    scale_of,
    turn_of,
)
from processing.cloud.paste.portrait import Portrait, face_in
from processing.cloud.paste.unfit import Unfit, UnfitPicture
from processing.local.natural.crop import Square
from processing.local.natural.planes import Bytes, Floats, smoothed

CROP_PX = 320
"""Side of the squares that are compared. An edit's face seldom has more pixels."""
FACE_HEIGHTS, HEAD_HEIGHTS = 1.4, 3.0
"""Sides of the two squares, in face heights."""
MAX_POINTS, APART_PX, LEAST_QUALITY = 500, 5, 0.01
WINDOW_PX, LEVELS = 21, 3
"""Of the pyramid in which points are followed (Bouguet, 2001): 40 px off are still found, which is
more than two finds of a head differ by."""
RETURN_PX = 1.0
"""A point that is followed there and back must come back as near as this."""
WITHIN_PX = 2.0
"""Points of a redrawn face do not agree better than this, in pixels of the crop."""
NEAR_PX = 6.0
"""Beyond the face, what moved more than this against it is another picture's."""
LEAST_POINTS = 12
MOST_STRETCH = 1.1
"""Models know some sizes only, and stretch a photo to the next one; or else they cut it."""
DETAIL_PX = 8.0
"""Sigma: shading wider than this is light, which the edit may have changed."""
NOISE_LEVELS = 6.0
"""Detail weaker than this is not made stronger: it is noise."""
HAIR_FROM = 32
FEATURES = 0.8
"""The part of the face's ellipse in which two faces are compared: brows to mouth."""
LEAST_LIKENESS = 0.7
"""Correlation of the two faces' detail from which on they are one face."""
SCALES, MOST_TURN_DEGREES = (0.75, 1.33), 12.0
"""How much larger and how far turned a face may be in the edit, whatever the edit's size."""


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """``matrix`` takes pixels of the edit to the photo's. ``likeness`` is how alike the two faces
    are then, ``agreement`` all that is no hair around them: correlations, -1 to 1."""

    matrix: Affine
    likeness: float
    agreement: float


def align(own: Portrait, edit: Portrait) -> Alignment:
    """Find the map by which the edit fits onto the photo: a similarity, and the stretch that the
    two sizes tell of, if the edit is stretched. Raises UnfitPicture."""
    tried = [found for stretch in _stretches(own, edit) if (found := _aligned(own, edit, stretch))]
    best = max(tried, key=lambda found: found.likeness, default=None)
    if best is None or not _is_plausible(best, own, edit):
        raise UnfitPicture(Unfit.TOO_DIFFERENT)
    return best


def _stretches(own: Portrait, edit: Portrait) -> set[float]:
    """How much wider the photo's things may be than the edit's, for their height."""
    wider = (own.shape[1] / edit.shape[1]) / (own.shape[0] / edit.shape[0])
    return {1.0, wider} if 1 / MOST_STRETCH <= wider <= MOST_STRETCH else {1.0}


def _aligned(own: Portrait, edit: Portrait, stretch: float) -> Alignment | None:
    """From where the two finds of the head lie, first by the face, then by all that is shared."""
    scale = own.head.height / edit.head.height
    matrix = np.array([[scale * stretch, 0.0, 0.0], [0.0, scale, 0.0]])
    matrix[:, 2] = np.subtract((own.head.cx, own.head.cy), matrix @ (edit.head.cx, edit.head.cy, 0))
    found: Alignment | None = Alignment(matrix, 0.0, 0.0)
    for heights, near_px in ((FACE_HEIGHTS, np.inf), (HEAD_HEIGHTS, NEAR_PX)):
        if found is not None:
            found = _fitted(_Crops(own, edit, found.matrix, heights), near_px)
    return found


def _is_plausible(found: Alignment, own: Portrait, edit: Portrait) -> bool:
    frames = np.sqrt(own.alpha.size / edit.alpha.size)
    least, most = SCALES
    return (
        found.likeness >= LEAST_LIKENESS
        and least <= scale_of(found.matrix) / frames <= most
        and abs(turn_of(found.matrix)) <= MOST_TURN_DEGREES
    )


class _Crops:
    """The same square of both pictures, as far as is known: detail, (CROP_PX, CROP_PX) uint8."""

    def __init__(self, own: Portrait, edit: Portrait, matrix: Affine, heights: float) -> None:
        head, size = own.head, (CROP_PX, CROP_PX)
        self.matrix = matrix
        self.to_crop: Affine = Square(head.cx, head.cy, heights * head.height).matrix(CROP_PX)
        through = after(self.to_crop, matrix)
        self.own = detail_of(moved(own.view.luma, self.to_crop, size))
        self.edit = detail_of(moved(edit.view.luma, through, size))
        shown = covered(own.shape, self.to_crop, size) & covered(edit.shape, through, size)
        hair = np.maximum(moved(own.alpha, self.to_crop, size), moved(edit.alpha, through, size))
        self.shared = np.where(hair < HAIR_FROM, shown, 0).astype(np.uint8)
        self.face = face_in(head, self.to_crop, size) & self.shared
        self.features = face_in(head, self.to_crop, size, FEATURES) & self.shared


def _fitted(crops: _Crops, near_px: float) -> Alignment | None:
    """A better map, from the points that agree; None if too few do."""
    wanted = crops.face if np.isinf(near_px) else crops.shared
    there, here = followed(crops.own, crops.edit, wanted)
    close = np.hypot(*(there - here).T) < near_px
    there, here = there[close], here[close]
    if len(here) < LEAST_POINTS:
        return None
    fit, agreed = cv2.estimateAffinePartial2D(there, here, ransacReprojThreshold=WITHIN_PX)
    if fit is None or int(agreed.sum()) < LEAST_POINTS:
        return None
    in_photo = after(inverse(crops.to_crop), after(fit, crops.to_crop))
    fitted = moved(crops.edit, fit, (CROP_PX, CROP_PX))
    likeness, agreement = (
        correlation(crops.own, fitted, where) for where in (crops.features, crops.shared)
    )
    return Alignment(after(in_photo, crops.matrix), likeness, agreement)


def followed(own: Bytes, edit: Bytes, where: Bytes) -> tuple[Floats, Floats]:
    """Places in the edit's crop, and in the photo's, of the points that are found again: (n, 2)."""
    corners = cv2.goodFeaturesToTrack(own, MAX_POINTS, LEAST_QUALITY, APART_PX, mask=where)
    if corners is None:
        return np.zeros((0, 2), np.float32), np.zeros((0, 2), np.float32)
    points = np.asarray(corners, np.float32)
    there, found = _step(own, edit, points)
    back, returned = _step(edit, own, there)
    kept = found & returned & (np.hypot(*(back - points)[:, 0].T) < RETURN_PX)
    return there[kept, 0], points[kept, 0]


def _step(first: Bytes, second: Bytes, points: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Where points (n, 1, 2) of the first plane are in the second, and which were found."""
    there, found, _ = cv2.calcOpticalFlowPyrLK(
        first, second, points, None, winSize=(WINDOW_PX, WINDOW_PX), maxLevel=LEVELS
    )  # type: ignore[call-overload]
    return np.asarray(there, np.float32), found[:, 0] > 0


def detail_of(luma: Bytes) -> Bytes:
    """A luma without its light: what differs from the surroundings, as strong everywhere."""
    plane = luma.astype(np.float32)
    high = plane - smoothed(plane, DETAIL_PX)
    spread = np.sqrt(smoothed(high * high, DETAIL_PX)) + np.float32(NOISE_LEVELS)
    return np.asarray(np.clip(high / spread * 40 + 128, 0, 255), np.uint8)


def correlation(one: Bytes, other: Bytes, where: Bytes) -> float:
    """Of two planes where a mask is set, -1 to 1; 0 where there is too little of it."""
    inside = where > 0
    if inside.sum() < LEAST_POINTS:
        return 0.0
    a, b = (plane[inside].astype(np.float32) for plane in (one, other))
    a, b = a - a.mean(), b - b.mean()
    return float(a @ b / max(float(np.sqrt((a @ a) * (b @ b))), 1e-6))
