"""The hair colour of a reference photo."""

import numpy as np

from media.frame import Picture
from processing.engine import NoHair, NoPerson
from processing.local.natural.effort import LADDER
from processing.local.natural.hair_track import GRID, HairTrack
from processing.local.natural.heads import SURE, Finder
from processing.local.natural.model import Segmenter
from processing.local.natural.reference import HairColour, TooLittleHair
from processing.local.natural.share import feather
from processing.local.natural.view import View


def read_hair_colour(photo: Picture, finder: Finder, segmenter: Segmenter) -> HairColour:
    """The colour of the hair, and only of the hair, of the largest head in a BGR photo.

    Raises NoPerson or NoHair.
    """
    view = View(photo)
    track = _largest(view, finder, segmenter)
    matte = track.matte(view, feather(track.square, GRID, photo.shape))
    if matte is None:
        raise NoHair
    alpha = np.zeros(photo.shape[:2], np.uint8)
    height, width = matte.alpha.shape
    alpha[matte.top : matte.top + height, matte.left : matte.left + width] = matte.alpha
    try:
        return HairColour.measure(photo, alpha)
    except TooLittleHair:
        raise NoHair from None


def _largest(view: View, finder: Finder, segmenter: Segmenter) -> HairTrack:
    """The largest head of which the face is seen up close, too. Raises NoPerson."""
    for head in finder.find(view.picture):
        track = HairTrack(head)
        track.study(view, segmenter, LADDER[0])
        if track.confirms(head) or head.score >= SURE:
            return track
    raise NoPerson
