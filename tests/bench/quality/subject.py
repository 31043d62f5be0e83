"""What is judged: our engine, the teacher, and people's own masks, behind one seam.

The bench asks nothing else of the engine than what stands here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import cv2
import numpy as np

from media.frame import Picture
from processing.local.natural.crop import Square, take
from processing.local.natural.matte import Matte, refine
from processing.local.natural.planes import grey_of
from processing.look import Look
from tests.bench.quality.arrays import Alpha, Plane


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What was made of a clip's frame; ``dyed`` is None where nothing is."""

    alpha: Alpha
    dyed: Picture | None


See: TypeAlias = Callable[[Picture, Square], Plane]
"""How likely each cell of a square of the picture is hair: float32 (n, n), 0 to 1."""
Follow: TypeAlias = Callable[[Picture], Seen]
"""Called with a clip's frames in order; remembers what it likes."""


class Matter(Protocol):
    """Whatever can tell where the hair of one head is."""

    name: str

    def matte(self, picture: Picture, square: Square) -> Alpha:
        """The matte of the whole picture, of which the square alone is looked at."""
        ...


class Dyer(Protocol):
    """Whatever can change hair once it is told where it is."""

    def dye(self, picture: Picture, alpha: Alpha, look: Look) -> Picture:
        """A new picture. Where ``alpha`` is 0 no bit may differ."""
        ...


class Raw:
    """Any network's probability as the matte, with nothing done to it."""

    def __init__(self, name: str, see: See) -> None:
        self.name = name
        self._see = see

    def matte(self, picture: Picture, square: Square) -> Alpha:
        """See Matter."""
        likely = self._see(picture, square)
        return np.rint(np.clip(put_back(likely, square, picture), 0, 1) * 255).astype(np.uint8)


class Refined:
    """Any network through our own matte."""

    def __init__(self, name: str, see: See) -> None:
        self.name = name
        self._see = see

    def matte(self, picture: Picture, square: Square) -> Alpha:
        """See Matter."""
        hair, luma = self._see(picture, square), grey_of(picture)
        draft = refine(hair, take(luma, square, len(hair)), square, luma)
        return whole(draft.matte() if draft else None, picture)


def whole(matte: Matte | None, picture: Picture) -> Alpha:
    """The matte's rectangle in a plane of the picture's size."""
    alpha = np.zeros(picture.shape[:2], np.uint8)
    if matte is not None:
        height, width = matte.alpha.shape
        alpha[matte.top : matte.top + height, matte.left : matte.left + width] = matte.alpha
    return alpha


def put_back(plane: Plane, square: Square, picture: Picture) -> Plane:
    """What was told of a crop (float32, square), in the picture it was cut from; else 0."""
    size = (picture.shape[1], picture.shape[0])
    matrix = square.matrix(plane.shape[0])
    return np.asarray(
        cv2.warpAffine(plane, matrix, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP),
        np.float32,
    )
