"""The head's place, read from the network's face map."""

import cv2
import numpy as np
from numpy.typing import NDArray

from processing.local.natural.crop import Square
from processing.local.natural.heads import Head

SURE = 0.5
ASPECT = 0.74
"""Width over height of a face box, by which an ellipse's area tells its height."""


def head_in(face: NDArray[np.float32], square: Square, near: tuple[float, float]) -> Head | None:
    """The face in an (n, n) map over the square that lies nearest to a place (px), if any."""
    _, labels, _, centres = cv2.connectedComponentsWithStats(
        (face > SURE).astype(np.uint8), connectivity=4
    )
    if len(centres) == 1:  # nothing but the background
        return None
    cell = square.side / len(face)
    wanted = ((near[0] - square.left) / cell - 0.5, (near[1] - square.top) / cell - 0.5)
    distances = np.hypot(centres[1:, 0] - wanted[0], centres[1:, 1] - wanted[1])
    blob = labels == 1 + int(np.argmin(distances))
    return _measured(face, blob, square)


def _measured(face: NDArray[np.float32], blob: NDArray[np.bool_], square: Square) -> Head:
    """Place and height of one blob, weighed by the probabilities: finer than the map's cells."""
    around = cv2.dilate(blob.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    weights = np.where(around, face, 0.0)
    total = float(weights.sum())
    rows, columns = np.indices(face.shape, dtype=np.float32)
    cell = square.side / len(face)
    cx = square.left + (float((columns * weights).sum()) / total + 0.5) * cell
    cy = square.top + (float((rows * weights).sum()) / total + 0.5) * cell
    height = float(np.sqrt(total * 4 / (np.pi * ASPECT))) * cell
    return Head(cx, cy, height, float(face[blob].max()))
