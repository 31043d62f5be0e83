"""Where on a head something is looked for, told from the face's box and landmarks. Pure."""

import math

import cv2
import numpy as np

from processing.local.natural.crop import Square
from tests.bench.quality.arrays import Mask
from tests.bench.quality.truth import Face

_FULL_TURN = (0.0, 360.0)
_UPPER_HALF = (180.0, 360.0)


def inside(square: Square, shape: tuple[int, ...]) -> Mask:
    """The pixels of a picture of that shape whose centres lie in the square."""
    height, width = shape[:2]
    across = np.abs(np.arange(width) + 0.5 - square.cx) < square.side / 2
    down = np.abs(np.arange(height) + 0.5 - square.cy) < square.side / 2
    return np.asarray(down[:, None] & across[None, :], np.bool_)


def crown(face: Face, shape: tuple[int, ...]) -> Mask:
    """Where a bare scalp or a hat is: the upper half of an ellipse that stands on the brows.

    1.24 face widths wide and 0.7 face heights high, tilted with the eyes; looked at on all
    pictures of the groups that it is used for: it holds the head, or most of the hat, and some of
    what is beside it.
    """
    eyes = np.mean(face.points[:2], axis=0)
    centre = (float(eyes[0]), float(eyes[1]) - 0.12 * face.height)
    return _ellipse(shape, centre, (0.62 * face.width, 0.7 * face.height), face, _UPPER_HALF)


def lower_face(face: Face, shape: tuple[int, ...]) -> Mask:
    """Where a beard is: an ellipse around mouth and chin, 0.72 face widths by 0.5 heights."""
    mouth = np.mean(face.points[3:], axis=0)
    # In half profile YuNet's mouth lies at the face's rim; half way to the box's middle is cheek.
    centre = ((float(mouth[0]) + face.centre[0]) / 2, float(mouth[1]) + 0.1 * face.height)
    return _ellipse(shape, centre, (0.36 * face.width, 0.25 * face.height), face, _FULL_TURN)


def face_ellipse(face: Face, shape: tuple[int, ...]) -> Mask:
    """The ellipse that touches the sides of the face's box."""
    height, width = shape[:2]
    down = (np.arange(height) + 0.5 - face.centre[1]) / (face.height / 2)
    across = (np.arange(width) + 0.5 - face.centre[0]) / (face.width / 2)
    return np.asarray(down[:, None] ** 2 + across[None, :] ** 2 <= 1.0, np.bool_)


def _ellipse(
    shape: tuple[int, ...],
    centre: tuple[float, float],
    radii: tuple[float, float],
    face: Face,
    arc: tuple[float, float],
) -> Mask:
    canvas = np.zeros(shape[:2], np.uint8)
    middle = (round(centre[0]), round(centre[1]))
    axes = (max(1, round(radii[0])), max(1, round(radii[1])))
    cv2.ellipse(canvas, middle, axes, _tilt_degrees(face), *arc, 1, cv2.FILLED)
    return canvas > 0


def _tilt_degrees(face: Face) -> float:
    """Of the line between the eyes; 0 in profile, where the eyes lie too close to tell."""
    (left, upper), (right, lower) = face.points[:2]
    if right - left < 0.15 * face.width:
        return 0.0
    return math.degrees(math.atan2(lower - upper, right - left))
