"""Hair in a photo: no next frame mends what is seen, so it is looked at longer and finer."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from media.frame import Picture
from processing.local.natural.crop import Square, take
from processing.local.natural.effort import LADDER
from processing.local.natural.hair_track import HairTrack
from processing.local.natural.heads import SURE, Finder, Head, near
from processing.local.natural.matte import Matte, refine
from processing.local.natural.model import Segmenter, mirrored
from processing.local.natural.planes import Bytes, Floats, resized
from processing.local.natural.share import feather, share_of, shares
from processing.local.natural.view import View

GRID_PX = 256
"""Side of the small pictures of hair: finer than live, since the matte's edge is as fine."""
LOOK_PX = 256
"""Side of the crops that the network sees."""
SCALES = (1.0, 0.875, 0.6875)
"""Sides of the squares that are looked at, as shares of the whole one; each also mirrored. Of the
grid these are whole and even numbers of cells."""
WIDENINGS, WIDENING = 3, 0.3
"""How often a square that cuts hair off is widened, and by which share of its side."""
STRIP_SHARE, LIKELY, CUT_SHARE = 0.03, 0.5, 0.06
"""Hair is cut off where more than the last share of the strip along a side, that wide, is likely
hair."""


@dataclass(frozen=True, slots=True, eq=False)
class Still:
    """One head in a photo: where it is, and how likely each cell of ``square`` is hair, float32
    (GRID_PX, GRID_PX), 0 to 1; ``guide`` is the luma there, uint8 of the same shape."""

    head: Head
    square: Square
    hair: Floats
    guide: Bytes

    def matte(self, view: View, share: Floats) -> Matte | None:
        """The matte; ``share`` as for HairTrack. None where there is no hair."""
        draft = refine(self.hair * share, self.guide, self.square, view.luma)
        return None if draft is None else draft.matte()


def study(
    view: View, head: Head, segmenter: Segmenter, others: Sequence[Head] = ()
) -> Still | None:
    """What is to be seen of a head beside others; None where up close there is no face and none was
    certain."""
    track = HairTrack(head)
    track.aim_at(view, segmenter, LADDER[0])
    if not track.confirms(head) and head.score < SURE:
        return None
    square, hair = _whole_hair(view, track, segmenter, others)
    return Still(track.head, square, hair, take(view.luma, square, GRID_PX))


def study_all(view: View, finder: Finder, segmenter: Segmenter) -> list[Still]:
    """All heads of a photo, the largest first."""
    heads = finder.find(view.picture)
    stills = list[Still]()
    for head in heads:
        still = study(view, head, segmenter, [other for other in heads if other is not head])
        # Up close a find may prove to be the face of another one.
        if still is not None and not any(near(still.head, known.head) for known in stills):
            stills.append(still)
    return stills


def mattes_of(view: View, stills: list[Still]) -> list[Matte | None]:
    """Every head's matte; where two heads' squares overlap, hair belongs to the nearer head."""
    squares = [still.square for still in stills]
    owned = shares([still.head for still in stills], squares, GRID_PX) if stills else []
    return [
        still.matte(view, own * feather(still.square, GRID_PX, view.luma.shape))
        for still, own in zip(stills, owned, strict=True)
    ]


def _whole_hair(
    view: View, track: HairTrack, segmenter: Segmenter, others: Sequence[Head]
) -> tuple[Square, Floats]:
    """The hair in the head's square, which is widened while its sides cut hair off: what is longer
    than usual, or sits on a head that was taken for a smaller one."""
    square, beside = track.square, [one for one in others if not near(one, track.head)]
    hair = hair_in(view.picture, square, segmenter)
    for _ in range(WIDENINGS):
        own = hair * share_of(track.head, beside, square, GRID_PX)
        wider = widened(square, np.asarray(own, np.float32), view.luma.shape)
        if wider == square:
            break
        square, hair = wider, hair_in(view.picture, wider, segmenter)
    return square, hair


def widened(square: Square, hair: Floats, shape: tuple[int, ...]) -> Square:
    """A larger square, towards the sides that cut hair off within a picture of that shape."""
    strip = max(1, round(STRIP_SHARE * len(hair)))
    shown = square.shown(len(hair), shape)
    far = (hair > LIKELY) & shown

    def cuts(side: tuple[slice, slice]) -> bool:
        return bool(far[side].sum() > CUT_SHARE * shown[side].sum())

    left = square.left > 0 and cuts(np.s_[:, :strip])
    right = square.left + square.side < shape[1] and cuts(np.s_[:, -strip:])
    top = square.top > 0 and cuts(np.s_[:strip, :])
    bottom = square.top + square.side < shape[0] and cuts(np.s_[-strip:, :])
    if not (left or right or top or bottom):
        return square
    step = WIDENING * square.side
    shift = step / 2
    return Square(
        square.cx + shift * (int(right) - int(left)),
        square.cy + shift * (int(bottom) - int(top)),
        square.side + step,
    )


def hair_in(picture: Picture, square: Square, segmenter: Segmenter) -> Floats:
    """How likely each cell of the square is hair: the mean of what is seen of it as a whole and of
    its middle, both also mirrored (Ayhan and Berens, Test-time Data Augmentation, 2018)."""
    total = np.zeros((GRID_PX, GRID_PX), np.float32)
    looks = np.zeros((GRID_PX, GRID_PX), np.float32)
    for scale in SCALES:
        size_px = round(GRID_PX * scale)
        start_px = (GRID_PX - size_px) // 2
        middle = np.s_[start_px : start_px + size_px, start_px : start_px + size_px]
        crop = take(picture, Square(square.cx, square.cy, square.side * scale), LOOK_PX)
        for seen in (segmenter.segment(crop), mirrored(segmenter, crop)):
            total[middle] += resized(np.ascontiguousarray(seen.hair), (size_px, size_px))
            looks[middle] += 1
    return total / looks
