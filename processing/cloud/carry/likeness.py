"""How alike two faces look, to tell who it is and how far the head has turned."""

from typing import Final

from processing.cloud.paste.affine import moved, scaling
from processing.cloud.paste.alignment import FEATURES, correlation, detail_of
from processing.cloud.paste.portrait import face_in
from processing.local.natural.crop import Square
from processing.local.natural.heads import Head
from processing.local.natural.planes import Bytes, blurred
from processing.local.natural.view import View

SIDE_PX: Final = 64
HEIGHTS: Final = 1.2
"""What is compared: a square of so many face heights, so many px wide."""
SOFT_PX: Final = 5
"""Features that are off by less than this, as a find of the head is, still agree."""


def features(view: View, head: Head) -> Bytes:
    """A head's features without their light, (SIDE_PX, SIDE_PX)."""
    matrix = Square(head.cx, head.cy, HEIGHTS * head.height).matrix(SIDE_PX)
    return blurred(detail_of(moved(view.luma, matrix, (SIDE_PX, SIDE_PX))), SOFT_PX)


def likeness(one: Bytes, other: Bytes) -> float:
    """The correlation of two heads' features, -1 to 1."""
    middle = (SIDE_PX - 1) / 2
    head = Head(middle, middle, SIDE_PX / HEIGHTS, 1.0)
    return correlation(one, other, face_in(head, scaling(1.0), (SIDE_PX, SIDE_PX), FEATURES))
