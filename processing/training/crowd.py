"""Whole pictures for the head finder: none to four heads, near and far, on any ground."""

from collections.abc import Sequence
from typing import cast

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from media.frame import Picture
from processing.training.clutter import strewn
from processing.training.head_targets import Seen
from processing.training.labels import Plane
from processing.training.light import photograph
from processing.training.pictures import Portrait
from processing.training.texture import surface

HEADS_ODDS = (0.2, 0.52, 0.17, 0.07, 0.04)
"""How often a picture shows 0, 1, 2, 3, 4 heads."""
FILLED_SHARE = 0.6
"""How often a single portrait is the whole picture, its edges drawn out to the picture's."""
FEATHERED_SHARE = 0.5
"""How many of the other portraits have soft edges."""
MIRRORED_SHARE = 0.5
BELOW_SHARE = 0.6
"""How often a picture without faces shows what is below a face, and not what is above it."""
STREWN_SHARE = 0.6
"""How often things lie about that are no faces."""
SMALLEST_PART_PX = 12
"""Thinner strips of a portrait are not worth pasting."""


def make_crowd(
    portraits: Sequence[Portrait], shape: tuple[int, int], random: Generator
) -> tuple[Picture, tuple[Seen, ...]]:
    """A picture of that shape and the faces in it."""
    count = int(random.choice(len(HEADS_ODDS), p=HEADS_ODDS))
    canvas = surface(max(shape), random, _any(portraits, random).picture)[: shape[0], : shape[1]]
    seen: tuple[Seen, ...] = ()
    if count == 0:
        canvas = _without_faces(portraits, canvas.copy(), random)
    for _ in range(count):
        canvas, seen = _pasted(_any(portraits, random), canvas, seen, count == 1, random)
    if random.random() < STREWN_SHARE:
        canvas = strewn(canvas, random, [(face.cx, face.cy, face.height) for face in seen])
    return photograph(canvas, random), seen


def _any(portraits: Sequence[Portrait], random: Generator) -> Portrait:
    return portraits[int(random.integers(len(portraits)))]


def _pasted(
    portrait: Portrait, canvas: Picture, seen: tuple[Seen, ...], alone: bool, random: Generator
) -> tuple[Picture, tuple[Seen, ...]]:
    """The canvas with one more portrait, unless it would hide a face that is there."""
    height, width = canvas.shape[:2]
    tall = height * np.exp(random.uniform(np.log(0.08), np.log(1.0 if alone else 0.5)))
    matrix = _placing(portrait, tall / portrait.faces[0].height, (width, height), random)
    filled = alone and random.random() < FILLED_SHARE
    part, mask = _placed(portrait.picture, matrix, (width, height), filled)
    if any(mask[_inside(old.cy, height), _inside(old.cx, width)] for old in seen):
        return canvas, seen
    if random.random() < FEATHERED_SHARE and not filled:
        mask = _feathered(mask, random)
    alpha = mask[..., None].astype(np.float32) / 255
    joined = (canvas * (1 - alpha) + part * alpha).astype(np.uint8)
    return joined, seen + _moved(portrait, matrix)


def _placing(
    portrait: Portrait, scale: float, size: tuple[int, int], random: Generator
) -> NDArray[np.float64]:
    """From portrait to canvas: turned a little, perhaps mirrored, its largest face anywhere."""
    angle = np.deg2rad(random.normal(0, 10))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = scale * turn @ np.diag([-1.0 if random.random() < MIRRORED_SHARE else 1.0, 1.0])
    face = portrait.faces[0]
    target = np.array(size) * random.uniform(0.05, 0.95, 2)
    return np.hstack([linear, (target - linear @ np.array([face.cx, face.cy]))[:, None]])


def _placed(
    picture: Picture, matrix: NDArray[np.float64], size: tuple[int, int], filled: bool
) -> tuple[Picture, Plane]:
    """The portrait on an empty canvas, and where it is: everywhere, if it is to fill it."""
    mode = cv2.BORDER_REPLICATE if filled else cv2.BORDER_CONSTANT
    part = cast("Picture", cv2.warpAffine(picture, matrix, size, borderMode=mode))
    if filled:
        return part, np.full(part.shape[:2], 255, np.uint8)
    whole = np.full(picture.shape[:2], 255, np.uint8)
    return part, cast("Plane", cv2.warpAffine(whole, matrix, size))


def _feathered(mask: Plane, random: Generator) -> Plane:
    inner = cv2.erode(mask, np.ones((5, 5), np.uint8))
    return cast("Plane", cv2.GaussianBlur(inner, (0, 0), random.uniform(1, 4)))


def _inside(place: float, limit: int) -> int:
    return int(np.clip(place, 0, limit - 1))


def _moved(portrait: Portrait, matrix: NDArray[np.float64]) -> tuple[Seen, ...]:
    """Where the portrait's faces have come to lie."""
    scale = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    centres = [matrix @ np.array([face.cx, face.cy, 1.0]) for face in portrait.faces]
    return tuple(
        Seen(float(x), float(y), face.height * scale)
        for (x, y), face in zip(centres, portrait.faces, strict=True)
    )


def _without_faces(portraits: Sequence[Portrait], canvas: Picture, random: Generator) -> Picture:
    """Cloth, hands, grounds and hair, but no face: what must not be taken for one."""
    height, width = canvas.shape[:2]
    for _ in range(int(random.integers(1, 6))):
        part = _faceless(_any(portraits, random), random)
        if min(part.shape[:2]) < SMALLEST_PART_PX:
            continue
        w, h = (int(random.uniform(0.2, 0.9) * side) for side in (width, height))
        x, y = int(random.uniform(0, width - w)), int(random.uniform(0, height - h))
        canvas[y : y + h, x : x + w] = cv2.resize(part, (w, h))
    return canvas


def _faceless(portrait: Portrait, random: Generator) -> Picture:
    """What is below a portrait's largest face, or above it."""
    face = portrait.faces[0]
    if random.random() < BELOW_SHARE:
        return portrait.picture[int(face.cy + face.height * 0.75) :]
    return portrait.picture[: int(face.cy - face.height * 0.3)]
