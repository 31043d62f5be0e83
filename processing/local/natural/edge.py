"""The soft edge: what is hair, what is background, and how the dyed hair is put in its place.

A pixel of the edge is alpha * hair + (1 - alpha) * background. Only the hair is dyed: the luma it
has there is taken out of the pixel, so that the background stays as light as it is, and the dyed
hair put in. What is taken out can not be more than the pixel has (the arithmetic saturates), so
that a matte that errs leaves no black rim.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from media.frame import Picture
from processing.local.natural.patch import Patch
from processing.local.natural.planes import Bytes
from processing.local.natural.windows import Window


@dataclass(frozen=True, slots=True, eq=False)
class Around:
    """What surrounds each pixel of a patch, uint8 (height, width): ``low`` is the hair's luma
    without its strands, ``rim`` how near the hair's outline is."""

    low: Bytes
    rim: Bytes


@dataclass(frozen=True, slots=True, eq=False)
class Edge:
    """What each pixel of a window of the hair is like, uint8 (height, width).

    ``luma`` is that of the hair alone; ``over`` and ``under`` are how much lighter and darker the
    pixel is by what shows through.
    """

    picture: Picture
    alpha: Bytes
    luma: Bytes
    over: Bytes
    under: Bytes

    @classmethod
    def of(cls, patch: Patch, around: Around, window: Window) -> "Edge":
        """Tell the hair from what shows through: the less hair, the more its surroundings say.

        A lens blurs a light wall some pixels into dark hair, further than a matte can tell. Dyed,
        that would be a bright rim: there hair is taken to be no lighter than around it.
        """
        alpha, luma, low = patch.alpha[window], patch.luma[window], around.low[window]
        # From an alpha of a half on a pixel's own detail counts as the hair's, more and more.
        rest = ~alpha
        unsure = cv2.add(rest, rest)
        rim = cv2.max(unsure, around.rim[window])
        over = cv2.multiply(cv2.subtract(luma, low), rim, scale=1 / 255)
        under = cv2.multiply(cv2.subtract(low, luma), unsure, scale=1 / 255)
        own = cv2.add(cv2.subtract(luma, over), under)
        planes = (np.asarray(plane, np.uint8) for plane in (own, over, under))
        return cls(patch.picture[window], alpha, *planes)

    def hair(self) -> Picture:
        """The hair's own colour, BGR (height, width, 3)."""
        darker = cv2.subtract(self.picture, _wide(self.over))
        return np.asarray(cv2.add(darker, _wide(self.under)), np.uint8)

    def exchange(self, dyed: Picture, intensity: float, result: Picture) -> None:
        """Write to ``result`` the window's picture with the hair taken out and ``intensity``
        (0 to 1) of dyed put in.

        Where alpha is 0 it is the picture bit for bit, where alpha is 255 it is all dyed.
        """
        share = scaled(self.alpha, intensity)
        mixed = _parted(self.picture, _wide(~share))
        cv2.add(mixed, _parted(dyed, _wide(share)), dst=mixed)
        cv2.add(mixed, _wide(_parted(self.over, share)), dst=mixed)
        cv2.subtract(mixed, _wide(_parted(self.under, share)), dst=mixed)
        # Where the matte takes a wall for hair, its light would be added to the dye's: no pixel
        # becomes lighter or darker than both the picture and the dyed hair.
        cv2.min(mixed, cv2.max(self.picture, dyed), dst=mixed)
        cv2.max(mixed, cv2.min(self.picture, dyed), dst=result)


def laid_over(base: Picture, layer: Picture, share: Bytes) -> Picture:
    """A layer over a picture, by a share (height, width) from 0 to 255; exact at both."""
    result = _parted(layer, _wide(share))
    cv2.add(result, _parted(base, _wide(~share)), dst=result)
    return result


def scaled(share: Bytes, factor: float) -> Bytes:
    """A share made smaller by a factor from 0 to 1."""
    return share if factor >= 1 else np.asarray(cv2.convertScaleAbs(share, alpha=factor), np.uint8)


def _parted(whole: Bytes, share: Bytes) -> Bytes:
    return np.asarray(cv2.multiply(whole, share, scale=1 / 255), np.uint8)


def _wide(plane: Bytes) -> Picture:
    return np.asarray(cv2.cvtColor(plane, cv2.COLOR_GRAY2BGR), np.uint8)
