"""More hair, or less: full and wide hair is rare in portraits that may be used."""

from dataclasses import replace

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from processing.training.scene import Scene

MIDDLE, TALL, WIDE = 0.4, 1.25, 1.0
"""The face's ellipse in its own axes: its centre, half its height, half its width."""
LEAST, MOST = 0.75, 2.2
"""What the distance from the face is multiplied by."""


def fluff(scene: Scene, random: Generator) -> Scene:
    """Everything above the chin pushed away from the face, or drawn nearer; the face stays."""
    down, across = scene.axes.grid(scene.hair.shape)
    reach = np.hypot((down - MIDDLE) / TALL, across / WIDE)
    factor = np.exp(random.uniform(np.log(LEAST), np.log(MOST)))
    above = np.clip(1.8 - down, 0, 1)
    volume = 1 + (factor - 1) * above
    source = np.where(reach > 1, 1 + (reach - 1) / volume, reach)
    ratio = (source / np.maximum(reach, 1e-3)).astype(np.float32)
    x, y = scene.axes.point(MIDDLE, 0.0)
    rows, columns = np.indices(scene.hair.shape, dtype=np.float32)
    maps = (x + (columns - x) * ratio, y + (rows - y) * ratio)
    return replace(
        scene,
        picture=_fetched(scene.picture, maps),
        hair=_fetched(scene.hair, maps),
        weight=_fetched(scene.weight, maps),
    )


def _fetched(
    plane: NDArray[np.uint8], maps: tuple[NDArray[np.float32], NDArray[np.float32]]
) -> NDArray[np.uint8]:
    across, down = (place.astype(np.float32) for place in maps)
    moved = cv2.remap(plane, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.uint8)
