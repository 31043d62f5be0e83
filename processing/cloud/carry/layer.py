"""One keyframe's hair and ground, where they belong in a frame."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from processing.cloud.carry.fit import Fit
from processing.cloud.carry.key import Key
from processing.cloud.carry.planes import places, taken_through
from processing.cloud.paste.affine import Affine, after, inverse, scaling
from processing.cloud.paste.portrait import face_in
from processing.local.natural.heads import Head
from processing.local.natural.planes import Bytes, Floats, P, fetched, resized, smoothed

SEEN_FROM, SEEN_TO = 0.15, 0.5
"""New hair is laid over what the keyframe explains as far as the second; what it explains no
farther than the first has come before the hair."""
HEAD_HEIGHTS, SOFT_HEIGHTS = 1.2, 0.04
"""What is bared within so many face heights is skin, and moves with the face."""
SMALL: Final = 4
"""What varies slowly is found on a picture so many times as small."""


@dataclass(frozen=True, slots=True)
class Place:
    """A rectangle of a frame, px."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.right - self.left, self.bottom - self.top

    @property
    def window(self) -> tuple[slice, slice]:
        """Its rows and columns."""
        return slice(self.top, self.bottom), slice(self.left, self.right)


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """For a place in the frame, float32: ``hair`` (h, w, 3) the new hair's colours in the frame's
    light, ``kept`` (h, w) which share of the frame's own hair is still there, ``extra`` the matte
    of hair where there was none, both 0 to 1; ``ground`` what is behind, where it is needed."""

    hair: Floats
    kept: Floats
    extra: Floats | None
    ground: Floats | None


class Warp:
    """How one keyframe is laid upon a place of a frame."""

    def __init__(self, key: Key, fit: Fit, place: Place) -> None:
        self._key, self._fit, self._place = key, fit, place
        corner = scaling(1.0, -place.left, -place.top)
        self._matrix: Affine = after(fit.matrix, corner)
        self._from_grid = inverse(after(key.canvas.to_grid, self._matrix))
        self._on_grid = places(key.canvas.size) + fit.flow
        cells_per_px = np.float32(key.canvas.to_grid[0, 0])
        self.sources = _through(self._matrix, place.size) + self._enlarged(fit.flow) / cells_per_px

    def layer(self, behind: tuple[Floats, Affine] | None, head: Head) -> Layer:
        """All of it; ``behind`` is the flow of the ground, and the map to its small picture."""
        key = self._key
        hair = taken_through(key.hair, self.sources, cv2.INTER_CUBIC).astype(np.float32)
        hair *= self._enlarged(self._fit.light)
        kept = self._enlarged(fetched(key.kept, self._on_grid))
        ground = None if behind is None else self._ground(*behind, head)
        return Layer(hair, kept, self._extra() if key.adds else None, ground)

    def _extra(self) -> Floats:
        seen = np.clip((self._fit.seen - SEEN_FROM) / (SEEN_TO - SEEN_FROM), 0, 1)
        alpha = fetched(self._key.extra, self.sources).astype(np.float32) / 255
        return np.asarray(alpha * self._enlarged(np.asarray(seen, np.float32)), np.float32)

    def _ground(self, flow: Floats, to_small: Affine, head: Head) -> Floats:
        """Of the head's own place it is skin; elsewhere what is behind."""
        place = self._place
        corner = scaling(1.0, -place.left, -place.top)
        wide = _onto(flow, inverse(after(to_small, corner)), place.size)
        behind = _through(corner, place.size) + wide
        skin = self._skin(head)[..., None]
        sources = behind + skin * (self.sources - behind)
        return taken_through(self._key.ground, sources).astype(np.float32)

    def _skin(self, head: Head) -> Floats:
        """1 on the head, 0 away from it, in soft steps."""
        place, (width, height) = self._place, self._place.size
        small = scaling(1 / SMALL, place.left, place.top)
        size = (max(1, width // SMALL), max(1, height // SMALL))
        face = face_in(head, small, size, HEAD_HEIGHTS).astype(np.float32) / np.float32(255)
        soft = smoothed(np.asarray(face), max(1.0, SOFT_HEIGHTS * head.height / SMALL))
        return resized(soft, place.size)

    def _enlarged(self, plane: Floats) -> Floats:
        return _onto(plane, self._from_grid, self._place.size)


def _through(matrix: Affine, size: tuple[int, int]) -> Floats:
    """Where a map takes each pixel, (h, w, 2)."""
    return np.asarray(cv2.transform(places(size), matrix), np.float32)


def _onto(plane: P, matrix: Affine, size: tuple[int, int]) -> P:
    mode = cv2.BORDER_REPLICATE
    return np.asarray(cv2.warpAffine(plane, matrix, size, flags=cv2.INTER_LINEAR, borderMode=mode))


def place_of(alpha: Bytes, head: Head, wholes: list[tuple[Key, Fit]], margin: float) -> Place:
    """The rectangle of the frame in which something may change: its own hair, what keyframes add,
    and a margin, in face heights."""
    height, width = alpha.shape
    x, y, across, down = cv2.boundingRect(alpha)
    corners = [(x, y), (x + across, y + down)] if across else [(head.cx, head.cy)]
    for key, fit in wholes:
        if key.adds:
            x, y, across, down = cv2.boundingRect(key.extra)
            ends = [(x, y), (x + across, y), (x, y + down), (x + across, y + down)]
            corners += [tuple(inverse(fit.matrix) @ (*end, 1.0)) for end in ends]
    px = margin * head.height
    low, high = np.min(corners, axis=0) - px, np.max(corners, axis=0) + px
    left, top = (max(0, int(v)) for v in low)
    return Place(
        left, top, max(left + 1, min(width, int(high[0]))), max(top + 1, min(height, int(high[1])))
    )
