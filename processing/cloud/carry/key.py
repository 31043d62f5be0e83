"""A frame that was edited, taken apart into what is carried from it to others."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final, Self, cast

import cv2
import numpy as np

from media.frame import Picture
from processing.cloud.carry.likeness import features
from processing.cloud.carry.matte import mended
from processing.cloud.carry.planes import opened, spread_pixels
from processing.cloud.paste import tone
from processing.cloud.paste.affine import Affine, moved, scaling
from processing.cloud.paste.alignment import FEATURES, detail_of
from processing.cloud.paste.portrait import Portrait, face_in
from processing.local.natural.planes import Bytes, Floats

CELLS: Final = 56
"""Of the grid on which motion is measured, to a face's height."""
MARGIN_HEIGHTS: Final = 0.5
"""So much around hair and face is looked at, in face heights."""
SOLID: Final = 224
"""From this alpha on a pixel shows nothing but hair."""
BARE: Final = 8
"""Up to this alpha it shows none."""
HALF: Final = 128
THIN_HEIGHTS: Final = 0.06
"""What two mattes of the same hair differ by is thinner than twice this, in face heights."""
KEPT_FROM, KEPT_TO = 0.25, 0.75
"""Hair of which the edit has more than the second share is still there, with less than the first it
is gone."""


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """The part of a keyframe around its hair, shrunk: ``to_grid`` takes the keyframe's pixels to
    cells, ``size`` is (columns, rows)."""

    to_grid: Affine
    size: tuple[int, int]

    @classmethod
    def of(cls, own: Portrait, hair: Bytes) -> Self:
        """Around the face and all hair, old and new."""
        head = own.head
        half = (0.5 + MARGIN_HEIGHTS) * head.height
        left, top, right, bottom = (
            head.cx - half, head.cy - half, head.cx + half, head.cy + half,
        )  # fmt: skip
        if hair.any():
            margin = MARGIN_HEIGHTS * head.height
            x, y, across, down = cv2.boundingRect(hair)
            left, right = min(left, x - margin), max(right, x + across + margin)
            top, bottom = min(top, y - margin), max(bottom, y + down + margin)
        factor = min(1.0, CELLS / head.height)
        size = (round((right - left) * factor), round((bottom - top) * factor))
        return cls(scaling(factor, left, top), size)


@dataclass(frozen=True, eq=False)
class Key:
    """``own`` is the frame as it was, ``edit`` the same frame with other hair laid in, of the same
    size. All planes are uint8; what is computed from them is computed once."""

    index: int
    own: Portrait
    edit: Portrait

    @cached_property
    def new(self) -> Bytes:
        """The matte of the hair that is."""
        edit, old = self.edit, self.own.alpha
        return mended(edit.view.picture, edit.alpha, old, SOLID, self.own.head.height)

    @cached_property
    def canvas(self) -> Canvas:
        """What is looked at."""
        return Canvas.of(self.own, np.maximum(self.own.alpha, self.new))

    @cached_property
    def features(self) -> Bytes:
        """The face, to be known again."""
        return features(self.own.view, self.own.head)

    @cached_property
    def luma(self) -> Bytes:
        """The frame as it was, on the grid, without its light."""
        return detail_of(self.shrunk(self.own.view.luma))

    @cached_property
    def shade(self) -> Bytes:
        """The frame as it was, on the grid, with its light, BGR."""
        return self.shrunk(self.own.view.picture)

    @cached_property
    def old(self) -> Bytes:
        """The matte of the hair that was, on the grid."""
        return self.shrunk(self.own.alpha)

    @cached_property
    def face(self) -> Bytes:
        """The face's mask, on the grid."""
        return face_in(self.own.head, self.canvas.to_grid, self.canvas.size)

    @cached_property
    def traits(self) -> Bytes:
        """The mask of what faces are known by, on the grid."""
        return face_in(self.own.head, self.canvas.to_grid, self.canvas.size, FEATURES)

    @cached_property
    def hair(self) -> Picture:
        """The new hair's colours, and beyond it those that are nearest."""
        return spread_pixels(self.edit.view.picture, self.new >= SOLID)

    @cached_property
    def ground(self) -> Picture:
        """What is behind the new hair, carried in from around it."""
        clear = cv2.dilate(self.new, self._disc(THIN_HEIGHTS / 2)) <= BARE
        return spread_pixels(self.edit.view.picture, clear)

    @cached_property
    def gone(self) -> Bytes:
        """The matte of the hair that is there no more."""
        return self._clearly(np.asarray(cv2.subtract(self.own.alpha, self.new), np.uint8))

    @cached_property
    def kept(self) -> Floats:
        """On the grid, 0 to 1: whether hair at a place is still there in the edit; where there was
        none, as nearby."""
        old, gone = (self.shrunk(of).astype(np.float32) for of in (self.own.alpha, self.gone))
        share = 1 - np.minimum(gone / np.maximum(old, 1), 1)
        known = np.where(old > 2 * BARE, old / np.float32(255), 0).astype(np.float32)
        planes = np.dstack([share] * 3).astype(np.float32)
        full = tone.spread_out(planes, known)[..., 0] if known.any() else np.ones_like(share)
        calm = cv2.GaussianBlur(full, (0, 0), THIN_HEIGHTS * CELLS / 4)
        return np.asarray(np.clip((calm - KEPT_FROM) / (KEPT_TO - KEPT_FROM), 0, 1), np.float32)

    @cached_property
    def extra(self) -> Bytes:
        """The matte of hair where there was none."""
        beyond = np.asarray(cv2.subtract(self.new, self.own.alpha), np.uint8)
        near = cv2.dilate(self._clearly(beyond), self._disc(2 * THIN_HEIGHTS))
        return np.where(near > BARE, self.new, 0).astype(np.uint8)

    def _clearly(self, matte: Bytes) -> Bytes:
        """What two mattes differ by, without the thin rims by which those of the same hair do."""
        core = opened(matte, self._disc(THIN_HEIGHTS))
        solid = np.asarray(np.where(core > HALF, 255, 0), np.uint8)
        return cast("Bytes", cv2.bitwise_and(matte, cv2.dilate(solid, self._disc(THIN_HEIGHTS))))

    def _disc(self, radius_heights: float) -> Bytes:
        side = 1 + 2 * max(1, round(radius_heights * self.own.head.height))
        return cast("Bytes", cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))

    @cached_property
    def bares(self) -> bool:
        """Whether the edit shows what hair hid before."""
        return bool(self.gone.any())

    @cached_property
    def adds(self) -> bool:
        """Whether there is hair where there was none."""
        return bool(self.extra.any())

    @property
    def reshapes(self) -> bool:
        """Whether more is changed than colours."""
        return self.bares or self.adds

    def shrunk(self, plane: Bytes) -> Bytes:
        """A plane or picture of the keyframe on the grid."""
        return moved(plane, self.canvas.to_grid, self.canvas.size)
