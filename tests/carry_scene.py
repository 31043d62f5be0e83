"""A drawn head that moves, as a film, and eyes that see its hair and face."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from media.frame import Picture
from processing.cloud.carry.carrier import Carrier
from processing.cloud.carry.key import Key
from processing.cloud.paste.portrait import Portrait
from processing.local.natural.heads import Head
from processing.local.natural.model import Segmentation
from processing.local.natural.planes import resized
from tests.paste_scene import HEAD, SIZE_PX

SIZE = (SIZE_PX, SIZE_PX)
DARKEST_HAIR, SKIN_TINT = 60, 35


class ByColour:
    """Takes what is dark for hair, and what is more red than blue for a face."""

    def segment(self, crop: Picture) -> Segmentation:
        """See Segmenter."""
        size = len(crop)
        dark = (crop.max(axis=2) < DARKEST_HAIR).astype(np.float32)
        tint = crop[..., 2].astype(int) - crop[..., 0]
        face = ((tint > SKIN_TINT) & (tint < 2 * SKIN_TINT)).astype(np.float32)
        return Segmentation(resized(dark, (size // 2,) * 2), resized(face, (size // 8,) * 2))


class ByPlace:
    """Finds the head where the film has it, by the order of its frames."""

    def __init__(self, moves: Sequence[NDArray[np.float64]]) -> None:
        self._heads = [head_at(move) for move in moves]
        self._pictures = list[Picture]()

    def of(self, pictures: Sequence[Picture]) -> "ByPlace":
        """For these pictures."""
        self._pictures = list(pictures)
        return self

    def find(self, picture: Picture) -> tuple[Head, ...]:
        """See Finder."""
        known = zip(self._heads, self._pictures, strict=False)
        return tuple(head for head, one in known if one is picture)


def head_at(move: NDArray[np.float64]) -> Head:
    """The scene's head, moved."""
    cx, cy = move @ (HEAD.cx, HEAD.cy, 1.0)
    return Head(float(cx), float(cy), HEAD.height * float(np.hypot(*move[:, 0])), 0.9)


def moves(count: int, step_px: float = 3.0, turn_degrees: float = 0.8) -> list[NDArray[np.float64]]:
    """A head that goes to the right and tilts, as maps from the scene to each frame."""
    middle = (SIZE_PX / 2, SIZE_PX / 2)
    found = []
    for at in range(count):
        matrix = np.asarray(cv2.getRotationMatrix2D(middle, turn_degrees * at, 1.0), np.float64)
        matrix[0, 2] += step_px * at
        found.append(matrix)
    return found


def filmed(scene: Portrait, along: Sequence[NDArray[np.float64]]) -> list[Picture]:
    """The scene as it moves."""
    mode = cv2.BORDER_REPLICATE
    return [
        np.asarray(
            cv2.warpAffine(scene.view.picture, move, SIZE, flags=cv2.INTER_LINEAR, borderMode=mode),
            np.uint8,
        )
        for move in along
    ]


def mask_of(mask: NDArray[np.bool_], move: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where a part of the scene is in a frame."""
    return np.asarray(cv2.warpAffine(mask.astype(np.uint8) * 255, move, SIZE) > 254)


def carried(
    keys: Sequence[Key],
    pictures: Sequence[Picture],
    along: Sequence[NDArray[np.float64]],
    cuts: Sequence[int] = (0,),
) -> list[Picture]:
    """What a carrier makes of the film."""
    begins = np.isin(np.arange(len(pictures)), cuts)
    carrier = Carrier(keys, begins, ByPlace(along).of(pictures), ByColour())
    return list(carrier.carried(pictures))
