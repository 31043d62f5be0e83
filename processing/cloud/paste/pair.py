"""The photo and its edit, one upon the other: what is decided about them is decided on a grid."""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from media.frame import Picture
from processing.cloud.paste.affine import Affine, after, covered, inverse, moved, scale_of, scaling
from processing.cloud.paste.alignment import Alignment
from processing.cloud.paste.portrait import Portrait, face_in
from processing.cloud.paste.unfit import Unfit, UnfitPicture
from processing.local.natural.planes import Bytes, P

FACE_CELLS = 128
"""Height of a face on the grid, if the photo has as many pixels."""
INNER = 0.92
"""The part of the face's ellipse in which nothing beside hair is taken over."""
MARGIN_HEIGHTS = 0.4
"""So much around hair and face is looked at, in face heights."""
BEYOND_HEIGHTS = 0.2
"""Hair that goes on so far beyond the edit's edge is continued as it is there."""
SOFT_SCALE, SOFT_SIGMA, SHARPENING = 1.25, 0.5, 0.6
"""From that enlargement on, over that sigma (px of the edit), by that much of what differs."""


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """A rectangle of the photo with all of the hair, old and new, ``left``, ``top``, ``width`` and
    ``height`` in px; ``old`` and ``new`` are its mattes, uint8 (height, width)."""

    own: Portrait
    edit: Portrait
    matrix: Affine
    left: int
    top: int
    old: Bytes
    new: Bytes

    @classmethod
    def of(cls, own: Portrait, edit: Portrait, alignment: Alignment) -> "Pair":
        """Lay the edit upon the photo. Raises UnfitPicture if it does not reach."""
        height, width = own.shape
        size = (width, height)
        new = moved(edit.alpha, alignment.matrix, size)
        beyond_px = round(BEYOND_HEIGHTS * edit.head.height)
        reached = covered(edit.shape, alignment.matrix, size, beyond_px)
        if (np.maximum(own.alpha, new) & ~reached).any():
            raise UnfitPicture(Unfit.TOO_DIFFERENT)
        # Beyond the edit's edge hair goes on: below the face it hangs, above it grows no taller.
        shown, above = covered(edit.shape, alignment.matrix, size), np.s_[: round(own.head.cy)]
        new[above] = np.where(shown[above] > 0, new[above], cv2.min(new[above], own.alpha[above]))
        union = np.maximum(own.alpha, new)
        across, down = _around(union, own)
        matrix = after(scaling(1.0, across.start, down.start), alignment.matrix)
        return cls(
            own, edit, matrix, across.start, down.start, own.alpha[down, across], new[down, across]
        )

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the rectangle, px."""
        height, width = self.old.shape
        return width, height

    @property
    def picture(self) -> Picture:
        """The photo's part."""
        width, height = self.size
        return self.own.view.picture[self.top : self.top + height, self.left : self.left + width]

    def edited(self, rows: slice, columns: slice) -> Picture:
        """The edit's pixels for a part of the rectangle."""
        matrix = after(scaling(1.0, columns.start, rows.start), self.matrix)
        size = (columns.stop - columns.start, rows.stop - rows.start)
        return sharpened(
            moved(self.edit.view.picture, matrix, size, cv2.INTER_CUBIC), scale_of(matrix)
        )


def sharpened(picture: Picture, scale: float) -> Picture:
    """What was enlarged so many times gets back some of its edges (an unsharp mask)."""
    if scale < SOFT_SCALE:
        return picture
    soft = cv2.GaussianBlur(picture, (0, 0), SOFT_SIGMA * scale)
    return cast("Picture", cv2.addWeighted(picture, 1 + SHARPENING, soft, -SHARPENING, 0))


def _around(union: Bytes, own: Portrait) -> tuple[slice, slice]:
    """Columns and rows around all hair and the face, within the photo."""
    head, (height, width) = own.head, own.shape
    x, y, across, down = cv2.boundingRect(union) if union.any() else (0, 0, 0, 0)
    if not across:
        x, y = round(head.cx), round(head.cy)
    margin, half = MARGIN_HEIGHTS * head.height, head.height / 2
    left, top = min(x, head.cx - half) - margin, min(y, head.cy - half) - margin
    right, bottom = max(x + across, head.cx + half) + margin, max(y + down, head.cy + half) + margin
    return (
        slice(max(0, int(left)), min(width, int(right))),
        slice(max(0, int(top)), min(height, int(bottom))),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """A pair, shrunk; all planes (rows, columns). ``to_grid`` takes the rectangle's pixels to
    cells; ``old`` and ``new`` are mattes and ``face`` and ``shown`` masks, uint8."""

    to_grid: Affine
    cells_per_face: float
    own: Picture
    edit: Picture
    old: Bytes
    new: Bytes
    face: Bytes
    shown: Bytes

    @classmethod
    def of(cls, pair: Pair) -> "Grid":
        """Shrink it."""
        head = pair.own.head
        factor = min(1.0, FACE_CELLS / head.height)
        width, height = pair.size
        size = (max(1, round(width * factor)), max(1, round(height * factor)))
        to_grid = scaling(factor)
        through = after(to_grid, pair.matrix)
        from_photo = after(to_grid, scaling(1.0, pair.left, pair.top))
        return cls(
            to_grid,
            factor * head.height,
            moved(pair.picture, to_grid, size),
            moved(pair.edit.view.picture, through, size),
            moved(pair.old, to_grid, size),
            moved(pair.new, to_grid, size),
            face_in(head, from_photo, size, INNER),
            covered(pair.edit.shape, through, size),
        )

    def enlarged(self, plane: P, rows: slice, columns: slice) -> P:
        """A plane of the grid for a part of the rectangle."""
        matrix = after(scaling(1.0, columns.start, rows.start), inverse(self.to_grid))
        size = (columns.stop - columns.start, rows.stop - rows.start)
        mode = cv2.BORDER_REPLICATE
        return cast(
            "P", cv2.warpAffine(plane, matrix, size, flags=cv2.INTER_LINEAR, borderMode=mode)
        )
