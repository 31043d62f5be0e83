"""The hair colour of a reference photo."""

import numpy as np

from media.frame import Picture
from processing.engine import NoHair, NoPerson
from processing.local.natural.heads import Finder, near
from processing.local.natural.model import Segmenter
from processing.local.natural.planes import Floats
from processing.local.natural.reference import HairColour, TooLittleHair
from processing.local.natural.share import feather, share_of
from processing.local.natural.still import GRID_PX, Still, study
from processing.local.natural.view import View


def read_hair_colour(photo: Picture, finder: Finder, segmenter: Segmenter) -> HairColour:
    """The colour of the hair, and only of the hair, of the largest head in a BGR photo.

    Raises NoPerson or NoHair.
    """
    view = View(photo)
    still, share = _largest(view, finder, segmenter)
    matte = still.matte(view, share * feather(still.square, GRID_PX, photo.shape))
    if matte is None:
        raise NoHair
    alpha = np.zeros(photo.shape[:2], np.uint8)
    height, width = matte.alpha.shape
    alpha[matte.top : matte.top + height, matte.left : matte.left + width] = matte.alpha
    try:
        return HairColour.measure(photo, alpha)
    except TooLittleHair:
        raise NoHair from None


def _largest(view: View, finder: Finder, segmenter: Segmenter) -> tuple[Still, Floats | np.float32]:
    """The largest head of which the face is seen up close, too, and which share of its square is
    not its neighbours'. Raises NoPerson."""
    heads = finder.find(view.picture)
    for head in heads:
        others = [other for other in heads if other is not head]
        if (still := study(view, head, segmenter, others)) is not None:
            beside = [other for other in others if not near(other, still.head)]
            return still, share_of(still.head, beside, still.square, GRID_PX)
    raise NoPerson
