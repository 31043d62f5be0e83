"""Labels from several looks: networks' answers to crops and their mirror pictures, averaged."""

from collections.abc import Iterator, Sequence
from typing import Protocol, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from media.frame import Picture
from processing.local.natural.crop import Square, take
from processing.training.faces import Face
from processing.training.labels import VIEWS_UNIT, Plane

Floats = NDArray[np.float32]

SIDES_FACES = (1.8, 2.2, 2.8, 3.4)
"""Crops that are looked at, in face heights; each also mirrored."""


class Looker(Protocol):
    """Tells where there is hair in a crop."""

    size_px: int

    def hair(self, crop: Picture) -> Floats:
        """Probability of hair (s, s) in a (s, s, 3) uint8 BGR crop of ``size_px``."""
        ...


def average(lookers: Sequence[Looker], picture: Picture, face: Face) -> tuple[Plane, Plane, Plane]:
    """Mean probability, twice its standard deviation, a looker's views times 31, each (h, w), 0 to
    255."""
    answers = [answer for looker in lookers for answer in _answers(looker, picture, face)]
    seen = np.sum([answer >= 0 for answer in answers], axis=0)
    views = np.maximum(seen, 1)
    mean = np.sum([np.maximum(answer, 0) for answer in answers], axis=0) / views
    square = np.sum([np.maximum(answer, 0) ** 2 for answer in answers], axis=0) / views
    doubt = np.sqrt(np.maximum(square - mean**2, 0))
    return _bytes(mean * 255), _bytes(doubt * 510), _bytes(seen * VIEWS_UNIT / len(lookers))


def _bytes(values: NDArray[np.float64]) -> Plane:
    return values.round().clip(0, 255).astype(np.uint8)


def _answers(looker: Looker, picture: Picture, face: Face) -> Iterator[Floats]:
    """One answer for each view, over the whole picture; -1 where the view does not reach."""
    size = (picture.shape[1], picture.shape[0])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    for side in SIDES_FACES:
        square = Square(face.cx, face.cy, side * face.height)
        crop, matrix = take(picture, square, looker.size_px), square.matrix(looker.size_px)
        for step in (1, -1):
            hair = looker.hair(np.ascontiguousarray(crop[:, ::step]))
            upright = np.ascontiguousarray(hair[:, ::step])
            whole = cv2.warpAffine(upright, matrix, size, flags=flags, borderValue=(-1.0,))
            yield cast("Floats", whole)
