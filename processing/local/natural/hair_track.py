"""One head's hair, followed from frame to frame."""

from dataclasses import replace

import cv2
import numpy as np

from media.frame import Picture
from processing.local.natural.crop import Square, take
from processing.local.natural.effort import Effort
from processing.local.natural.face import ASPECT, head_in
from processing.local.natural.heads import Head, near
from processing.local.natural.made import Made, around
from processing.local.natural.matte import Matte, refine
from processing.local.natural.model import Segmentation, Segmenter, mirrored
from processing.local.natural.motion import Motion, MotionMeter
from processing.local.natural.planes import Bytes, Floats, resized, warped
from processing.local.natural.settle import MatteSettler
from processing.local.natural.view import View

GRID = 96
"""Side of the small pictures in which hair is kept and motion is measured, px."""
KEEP = 0.6
"""Share of the earlier mask in the new one where motion explains the picture."""
CROPS = ((2.6, 0.15), (3.4, 0.5), (4.6, 0.9))
"""Side of the crop, and how far below the face its middle lies, in face heights; each where the
hair leaves the one before."""
DRIFT, SWELL = 0.05, 0.08
"""The crop stays where it is until it is off by this share of its side, or of its size."""
SURPRISED = 0.06
"""Share of the hair's surroundings that motion cannot explain before the network looks again."""
ALIKE = 1.5
"""Two finds of the same head differ in height by no more than this factor."""
ERRING = 0.09
"""By this share of the hair what was carried along is off when the network looks again: hair that
flies about must be looked at more often."""
DOUBTED = 0.4
"""A pixel trusted less than this is not explained."""
FIRST_LOOKS = 6
"""So many looks follow upon each other while a new head's hair does not fit into its crop."""
BACK_TURNED_LOOKS = 90
"""Looks without a face for which the hair alone is followed: somebody shows the back."""
INNER = 0.88
"""Hair beyond this inner part of a crop calls for the next one,"""
SPILLS, FITS = 0.006, 0.001
"""from the first share of the crop on, and until it falls below the second."""
LEAST_HAIR = 0.02
"""Share of the crop that must be hair for that."""


class HairTrack:
    """Where one head is and which part of its surroundings is hair."""

    def __init__(self, head: Head) -> None:
        self.head = head
        self._length = 0
        self.square = _crop(head, self._length)
        self.hair = np.zeros((GRID, GRID), np.float32)
        self.guide: Bytes = np.zeros((GRID, GRID), np.uint8)
        self._shown = np.ones((GRID, GRID), np.float32)
        self._grey: Bytes | None = None
        self._meter = MotionMeter()
        self._settler = MatteSettler()
        self._made: Made | None = None
        self._since_look = 0
        self._faceless = 0
        self._errs = False
        self._is_cut = False
        self._looks = 0
        self._other: Floats | None = None

    @property
    def shows_face(self) -> bool:
        """Whether the network saw a face when it last looked."""
        return not self._faceless

    def lost_in(self, view: View) -> bool:
        """Whether there is no head any more, or it has left the picture."""
        height, width = view.luma.shape
        if not (0 <= self.head.cx < width and 0 <= self.head.cy < height):
            return True
        if not self._faceless:
            return False
        bald = float(self._visible(self.hair).mean()) < LEAST_HAIR
        return self._faceless > (2 if bald else BACK_TURNED_LOOKS)

    def confirms(self, head: Head) -> bool:
        """Whether the network, when it last looked, saw a face where this head is."""
        size = self.head.height / head.height
        return self.shows_face and near(head, self.head) and 1 / ALIKE < size < ALIKE

    def follow(self, view: View, segmenter: Segmenter, effort: Effort) -> bool:
        """Bring the hair up to date with a new frame; tells whether the network looked."""
        motion = self._move(view)
        self._since_look += 1
        if motion is None or self._is_due(motion, effort):
            self.look(view, segmenter, effort, motion)
            return True
        self.hair = motion.carry(self.hair)
        return False

    def matte(self, view: View, share: Floats, step: int = 1) -> Matte | None:
        """The matte of the frame that was followed last; ``share`` (GRID, GRID), 0 to 1, is how
        much of each place counts; ``step`` as for `refine`. None where there is no hair."""
        made = self._made
        if made is None or not made.holds(self, share, step):
            draft = refine(self.hair * share, self.guide, self.square, view.luma, step)
            matte = None if draft is None else self._settler.settle(draft).matte()
            made = self._made = Made(self.hair, self.guide, self.square, share, step, matte)
        return made.matte

    def _move(self, view: View) -> Motion | None:
        """What moved since the last frame; None on the first."""
        self.guide = grey = take(view.luma, self.square, GRID)
        if self._grey is None:
            self._grey = grey
            return None
        motion = self._meter.measure(self._grey, grey, around(self._visible(self.hair)))
        if motion.sources is not None:
            # While nothing moves the earlier picture stays the reference: else a slow drift,
            # unseen from one frame to the next, would never be seen.
            self._grey, self._other = grey, None
            self._go_along(motion)
        return motion

    def _go_along(self, motion: Motion) -> None:
        """Move the head as its face moves."""
        cell = self.square.side / GRID
        x, y = (self.head.cx - self.square.left) / cell, (self.head.cy - self.square.top) / cell
        size = (ASPECT * self.head.height / cell, self.head.height / cell)
        face = np.zeros((GRID, GRID), np.uint8)
        cv2.ellipse(face, ((x, y), size, 0.0), 255, cv2.FILLED)
        across, down = motion.shift(face)
        self.head = replace(
            self.head, cx=self.head.cx + across * cell, cy=self.head.cy + down * cell
        )

    def _is_due(self, motion: Motion, effort: Effort) -> bool:
        if self._looks == 1 or (self._is_cut and self._looks < FIRST_LOOKS):
            return True
        still = motion.sources is None
        if self._since_look >= (effort.still_every if still else effort.moving_every):
            return True
        if still or self._since_look < effort.surprised_every:
            return False
        return self._errs or float((motion.trust < DOUBTED).mean()) > SURPRISED

    def meet(self, view: View, segmenter: Segmenter, effort: Effort) -> None:
        """Look for the first time, and again if no face is seen: with more around it, it is easier
        to tell."""
        self.follow(view, segmenter, effort)
        if not self.shows_face:
            self.square = _crop(self.head, 1)
            self.look(view, segmenter, effort)

    def aim_at(self, view: View, segmenter: Segmenter, effort: Effort) -> None:
        """Look, and again, since the first look shows whether the hair is long and where the head
        really is: for a photo, of which there is no next frame."""
        self.meet(view, segmenter, effort)
        self.look(view, segmenter, effort)

    def look(
        self, view: View, segmenter: Segmenter, effort: Effort, motion: Motion | None = None
    ) -> None:
        """Let the network look, and join what it sees with what was known, if ``motion`` tells
        how to get from there to here."""
        before = self.square
        self._aim()
        self._shown = self.square.shown(GRID, view.luma.shape).astype(np.float32)
        moved, trust = self._known(before, motion)
        if self.square != before or motion is None:
            self.guide, self._other = take(view.luma, self.square, GRID), None
        self._grey = self.guide
        calm = motion is not None and motion.sources is None
        crop = take(view.picture, self.square, effort.calm_px if calm else effort.crop_px)
        seen = self._by_turns(segmenter, crop)
        fresh = self._with_other(_on_grid(seen.hair), calm)
        self.hair = fresh if moved is None or trust is None else self._joined(fresh, moved, trust)
        self._since_look = 0
        self._is_cut = self._needed() > self._length
        self._recognise(head_in(seen.face, self.square, (self.head.cx, self.head.cy)))

    def _known(self, before: Square, motion: Motion | None) -> tuple[Floats | None, Floats | None]:
        """The hair where motion has carried it, and how far to trust that, over the new square."""
        if motion is None:
            return None, None
        moved, trust = motion.carry(self.hair), motion.trust
        return (moved, trust) if self.square == before else self._resquare(before, moved, trust)

    def _joined(self, fresh: Floats, moved: Floats, trust: Floats) -> Floats:
        """What is seen with what was known; how far they are apart is noted."""
        error, known = self._visible(np.abs(fresh - moved)), self._visible(moved)
        self._errs = float(error.sum()) > ERRING * float(known.sum())
        return fresh + KEEP * trust * (moved - fresh)

    def _visible(self, plane: Floats) -> Floats:
        """A small picture with what lies beyond the frame left out: hair that the network believes
        to see there means nothing."""
        return np.asarray(plane * self._shown, np.float32)

    def _by_turns(self, segmenter: Segmenter, crop: Picture) -> Segmentation:
        """Once as it is, once mirrored: over time the mean of both counts, at the price of one."""
        self._looks += 1
        return segmenter.segment(crop) if self._looks % 2 else mirrored(segmenter, crop)

    def _with_other(self, seen: Floats, calm: bool) -> Floats:
        """The mean with what was seen the other way round, which holds while nothing moves."""
        other, self._other = self._other, seen if calm else None
        return (seen + other) * np.float32(0.5) if calm and other is not None else seen

    def _recognise(self, head: Head | None) -> None:
        if head is None:
            self._faceless += 1
            return
        self._faceless = 0
        # The map tells the height less well than the place: its cells are coarse.
        height = self.head.height + 0.3 * (head.height - self.head.height)
        self.head = replace(head, height=height)

    def _aim(self) -> None:
        """Move the crop if the head has moved enough; widen it where hair leaves it below."""
        if self._faceless:
            return
        self._length = min(self._needed(), self._length + 1)
        wanted = _crop(self.head, self._length)
        off = float(np.hypot(wanted.cx - self.square.cx, wanted.cy - self.square.cy))
        if off > DRIFT * self.square.side or abs(wanted.side / self.square.side - 1) > SWELL:
            self.square = wanted

    def _needed(self) -> int:
        """Which of the crops the hair needs; one that is in use is not given up so soon."""
        seen = self._visible(self.hair)
        for length in range(len(CROPS) - 1):
            limit = FITS if length < self._length else SPILLS
            if self._spilt(seen, _crop(self.head, length)) <= limit:
                return length
        return len(CROPS) - 1

    def _spilt(self, hair: Floats, crop: Square) -> float:
        """How much of the hair lies near or beyond a crop's edge, as a share of that crop."""
        places = (np.arange(GRID, dtype=np.float32) + 0.5) * (self.square.side / GRID)
        reach = INNER * crop.side / 2
        across = np.abs(places + self.square.left - crop.cx) > reach
        down = np.abs(places + self.square.top - crop.cy) > reach
        outside = float(hair[down].sum() + hair[~down][:, across].sum())
        return outside / GRID**2 * (self.square.side / crop.side) ** 2

    def _resquare(self, before: Square, moved: Floats, trust: Floats) -> tuple[Floats, Floats]:
        """What was known over the earlier square, over the new one; beyond it nothing is known."""
        into, out = self.square.matrix(GRID), before.matrix(GRID)
        scale = into[0, 0] / out[0, 0]
        matrix = np.array(
            [
                [scale, 0.0, into[0, 2] - scale * out[0, 2]],
                [0.0, scale, into[1, 2] - scale * out[1, 2]],
            ]
        )
        return warped(moved, matrix, GRID), warped(trust, matrix, GRID)


def _on_grid(hair: Floats) -> Floats:
    """What the network answers, in the size in which hair is kept."""
    return hair if hair.shape == (GRID, GRID) else resized(hair, (GRID, GRID))


def _crop(head: Head, length: int) -> Square:
    """The crop around a head with hair of that length."""
    side, drop = CROPS[length]
    return Square(head.cx, head.cy + drop * head.height, side * head.height)
