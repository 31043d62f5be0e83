"""A picture of one person, as it is needed to take hair out of it or to put hair into it."""

from dataclasses import dataclass

import cv2
import numpy as np

from media.frame import Picture
from processing.cloud.paste.affine import Affine, scale_of
from processing.cloud.paste.unfit import Unfit, UnfitPicture
from processing.local.natural.face import ASPECT
from processing.local.natural.heads import Finder, Head
from processing.local.natural.matte import Matte
from processing.local.natural.model import Segmenter
from processing.local.natural.planes import Bytes
from processing.local.natural.still import mattes_of, study_all
from processing.local.natural.view import View


@dataclass(frozen=True, slots=True, eq=False)
class Portrait:
    """A picture, its one head, and how much of each pixel is hair: ``alpha``, uint8 (height,
    width), 0 to 255."""

    view: View
    head: Head
    alpha: Bytes

    @classmethod
    def of(cls, picture: Picture, finder: Finder, segmenter: Segmenter) -> "Portrait":
        """Look at a BGR picture as long and finely as at any photo.

        Raises UnfitPicture where there is no head, or more than one.
        """
        view = View(picture)
        stills = study_all(view, finder, segmenter)
        if len(stills) != 1:
            raise UnfitPicture(Unfit.SEVERAL_HEADS if stills else Unfit.NO_HEAD)
        (matte,) = mattes_of(view, stills)
        return cls(view, stills[0].head, _whole(matte, view.luma.shape))

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the picture, px."""
        height, width = self.alpha.shape
        return height, width


def _whole(matte: Matte | None, shape: tuple[int, ...]) -> Bytes:
    alpha = np.zeros(shape[:2], np.uint8)
    if matte is not None:
        height, width = matte.alpha.shape
        alpha[matte.top : matte.top + height, matte.left : matte.left + width] = matte.alpha
    return alpha


def face_in(head: Head, matrix: Affine, size: tuple[int, int], part: float = 1.0) -> Bytes:
    """The face's ellipse, made smaller to a part of itself, in a (width, height) picture that
    ``matrix`` maps the head's to: 255 within, 0 without. No turn is seen in it."""
    scale, (cx, cy) = scale_of(matrix), matrix @ (head.cx, head.cy, 1.0)
    radius = scale * head.height * part / 2
    canvas = np.zeros(size[::-1], np.uint8)
    axes = (max(1, round(ASPECT * radius)), max(1, round(radius)))
    cv2.ellipse(canvas, (round(cx), round(cy)), axes, 0, 0, 360, 255, cv2.FILLED)
    return canvas
