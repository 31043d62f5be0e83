"""What is done to a photo here, before and after a model in the cloud has cut its hair."""

from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np

from media.frame import Picture
from media.photo import encode_photo
from processing.cloud.faults import CloudFault, FallbackReason, bad_output
from processing.cloud.paste.paster import paste
from processing.cloud.paste.portrait import Portrait
from processing.cloud.paste.unfit import UnfitPicture
from processing.local.natural.heads import Head, HeadFinder
from processing.local.natural.model import HairModel, Networks
from processing.local.natural.view import View

ABOVE, BELOW, BESIDE = 1.8, 3.6, 2.6
"""How far around a face's centre, in heights of it, hair may reach. The rest of the photo, and who
is in it, does not leave the service."""
HEAD, CROWN = 1.7, 0.6
"""How high a head is with its hair, in heights of its face, and the share of it that is above the
face's centre."""
SENT_SIDE_PX: Final = 1024
"""Models work on a megapixel or less."""
SENT_QUALITY: Final = 92


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """A photo, BGR, whose hair is to be cut: ``portrait`` is a part of it, with its upper left
    corner at (``left``, ``top``); ``jpeg`` is that part as it is sent."""

    photo: Picture
    left: int
    top: int
    portrait: Portrait
    jpeg: bytes


class Cutter:
    """Shared by all; calls may come from several threads, and take as long as one for a photo."""

    def __init__(self, networks: Networks = "all") -> None:
        self._finder = HeadFinder(networks)
        self._segmenter = HairModel(networks)

    def begin(self, photo: Picture, *, is_square: bool) -> Cut:
        """What of the photo is sent, in a square if the model needs one. Raises CloudFault
        (unsuited) for a photo without a head, or with several."""
        try:
            whole = Portrait.of(photo, self._finder, self._segmenter)
        except UnfitPicture as error:
            raise CloudFault(FallbackReason.UNSUITED, f"photo: {error}") from None
        left, top, right, bottom = around(whole.head, *whole.shape, is_square=is_square)
        place = np.s_[top:bottom, left:right]
        head = replace(whole.head, cx=whole.head.cx - left, cy=whole.head.cy - top)
        part = np.ascontiguousarray(photo[place])
        portrait = Portrait(View(part), head, np.ascontiguousarray(whole.alpha[place]))
        return Cut(photo, left, top, portrait, encode_photo(small(part), "jpeg", SENT_QUALITY))

    def end(self, cut: Cut, edited: Picture) -> Picture:
        """The photo with the hair of the edited picture. Raises CloudFault (bad output) for what
        is no edit of it."""
        try:
            edit = Portrait.of(edited, self._finder, self._segmenter)
            part = paste(cut.portrait, edit).picture
        except UnfitPicture as error:
            raise bad_output(f"edit: {error}") from None
        result = cut.photo.copy()
        height, width = cut.portrait.shape
        result[cut.top : cut.top + height, cut.left : cut.left + width] = part
        return result


def around(
    head: Head, height_px: int, width_px: int, *, is_square: bool
) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what is around a head, as far as the picture goes."""
    left = max(0, round(head.cx - BESIDE * head.height))
    right = min(width_px, round(head.cx + BESIDE * head.height))
    top = max(0, round(head.cy - ABOVE * head.height))
    bottom = min(height_px, round(head.cy + BELOW * head.height))
    if not is_square:
        return left, top, right, bottom
    side = min(right - left, bottom - top)
    left = _within(round(head.cx) - side // 2, left, right - side)
    top = _within(round(head.cy - _above(head, side)), top, bottom - side)
    return left, top, left + side, top + side


def _above(head: Head, side_px: int) -> float:
    """How much of a square is above the face's centre: first of all it holds the head, and of the
    rest there is as much more below as hair is longer than high."""
    needed = min(side_px, HEAD * head.height)
    return CROWN * needed + (side_px - needed) * ABOVE / (ABOVE + BELOW)


def _within(value: int, least: int, most: int) -> int:
    return max(least, min(value, most))


def small(picture: Picture, side_px: int = SENT_SIDE_PX) -> Picture:
    """The picture, no longer than so many pixels."""
    height, width = picture.shape[:2]
    scale = side_px / max(height, width)
    if scale >= 1:
        return picture
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
