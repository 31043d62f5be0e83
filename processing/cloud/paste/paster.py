"""Hair of an edited picture in the user's own.

A model that edits hair gives back a whole picture: smaller, a little shifted, in another light,
the face redrawn. Only hair is taken over, what is newly hair and what was hair and is now bare; all
else stays the user's own, bit for bit.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from media.frame import Picture
from processing.cloud.paste import tone
from processing.cloud.paste.alignment import Alignment, align
from processing.cloud.paste.pair import Grid, Pair
from processing.cloud.paste.portrait import Portrait
from processing.cloud.paste.region import Region, region_of
from processing.cloud.paste.unfit import Unfit, UnfitPicture
from processing.local.natural.edge import laid_over
from processing.local.natural.planes import Bytes
from processing.local.natural.windows import windows

LEAST_CHANGE = 4.0
"""CIELAB: what a model's own coding and redrawing make of hair that it does not mean to change."""
TAKEN = 2.0
"""The mattes' factor: where hair covers half of a pixel the edit's is taken wholly, since what
shows through there is of the same picture."""


@dataclass(frozen=True, slots=True, eq=False)
class Pasted:
    """The user's picture, BGR uint8 in its own size, with other hair; ``share`` is how much of each
    pixel is the edit's, uint8 (height, width), 0 to 255."""

    picture: Picture
    share: Bytes
    alignment: Alignment
    change: float


def paste(own: Portrait, edit: Portrait) -> Pasted:
    """Put the edit's hair into the photo. Raises UnfitPicture if it is no edit of it, or if its
    hair is the same."""
    alignment = align(own, edit)
    pair = Pair.of(own, edit, alignment)
    grid = Grid.of(pair)
    region = region_of(grid)
    if region.change < LEAST_CHANGE:
        raise UnfitPicture(Unfit.UNCHANGED)
    share = _share(pair, grid, region)
    result, whole = own.view.picture.copy(), np.zeros(own.shape, np.uint8)
    width, height = pair.size
    place = np.s_[pair.top : pair.top + height, pair.left : pair.left + width]
    _lay(pair, grid, region, share, result[place])
    whole[place] = share
    return Pasted(result, whole, alignment, region.change)


def _share(pair: Pair, grid: Grid, region: Region) -> Bytes:
    """How much of each of the pair's pixels is the edit's: hair, old or new, and what is around."""
    rows, columns = slice(0, pair.size[1]), slice(0, pair.size[0])
    around = grid.enlarged(region.around, rows, columns)
    hair = cv2.convertScaleAbs(cv2.max(pair.old, pair.new), alpha=TAKEN)
    return np.asarray(cv2.max(hair, around), np.uint8)


def _lay(pair: Pair, grid: Grid, region: Region, share: Bytes, result: Picture) -> None:
    """Write the edit's pixels, in the photo's light, over the pair's rectangle of the result."""
    for window in windows(share):
        light = tone.linear(pair.edited(*window)) * np.exp(grid.enlarged(region.gain, *window))
        result[window] = laid_over(pair.picture[window], tone.encoded(light), share[window])
