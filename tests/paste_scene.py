"""A drawn head with hair, as a photo and as what a model might make of it."""

import cv2
import numpy as np
from numpy.typing import NDArray

from media.frame import Picture
from processing.cloud.paste import tone
from processing.cloud.paste.affine import moved
from processing.cloud.paste.portrait import Portrait
from processing.local.natural.heads import Head
from processing.local.natural.view import View

SIZE_PX, HEAD = 360, Head(180, 180, 120, 0.9)
DARK, RED = (30, 30, 30), (40, 40, 200)
Mask = NDArray[np.bool_]


def ellipse(size: float) -> Mask:
    """The face's ellipse, so many times as large."""
    canvas = np.zeros((SIZE_PX, SIZE_PX), np.uint8)
    box = (0.74 * HEAD.height * size, HEAD.height * size)
    cv2.ellipse(canvas, ((HEAD.cx, HEAD.cy), box, 0.0), 255, -1)
    return canvas > 0


def hair(size: float = 1.6) -> Mask:
    """A ring around the face."""
    return ellipse(size) & ~ellipse(1.05)


def portrait(color: tuple[int, int, int] = DARK, size: float = 1.6, person: int = 1) -> Portrait:
    """Somebody before a wall; ``person`` draws all features, ``size`` says how far hair reaches."""
    texture = np.random.default_rng(person).normal(0, 1, (SIZE_PX, SIZE_PX, 1)).astype(np.float32)
    features = cv2.GaussianBlur(texture, (0, 0), 2.5)[..., None] * 160
    ground = np.where(ellipse(1.0)[..., None], (120, 140, 180), (150, 150, 150)) + features
    mask = hair(size)
    picture = np.where(mask[..., None], color, ground)
    levels = np.clip(np.rint(picture), 0, 255).astype(np.uint8)
    return Portrait(View(levels), HEAD, (mask * 255).astype(np.uint8))


def edited(
    clean: Portrait, matrix: NDArray[np.float64], size: tuple[int, int], gain: float = 1.0
) -> Portrait:
    """The same through a map, at a (width, height), in another light."""
    light: Picture = tone.encoded(tone.linear(clean.view.picture) * np.float32(gain))
    cx, cy = matrix @ (HEAD.cx, HEAD.cy, 1.0)
    head = Head(float(cx) + 2, float(cy) - 3, HEAD.height * float(matrix[1, 1]) * 1.02, 0.9)
    picture = moved(light, matrix, size, cv2.INTER_CUBIC)
    return Portrait(View(picture), head, moved(clean.alpha, matrix, size))
