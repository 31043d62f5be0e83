"""All heads in a client's picture: found on the whole of it now and then, followed in between."""

import cv2
import numpy as np

from processing.local.natural.effort import Effort
from processing.local.natural.hair_track import HairTrack
from processing.local.natural.heads import MAX_HEADS, SURE, Finder, near
from processing.local.natural.model import Segmenter
from processing.local.natural.planes import Bytes
from processing.local.natural.view import View

EMPTY_SEARCH_EVERY = 3
"""Frames between searches while there is no head: nobody waits longer than a tenth of a second."""
FACELESS_SEARCH_EVERY = 5
"""The same while a head's face is not seen: it may have left, and another may have come."""
CUT_LEVELS = 45.0
"""Mean difference of grey levels between two frames that no movement explains."""
_THUMB_PX = (32, 24)


class HeadTracker:
    """One client's heads."""

    def __init__(self, finder: Finder, segmenter: Segmenter) -> None:
        self._finder = finder
        self._segmenter = segmenter
        self._thumb: Bytes | None = None
        self._shape: tuple[int, ...] | None = None
        self._since_search = EMPTY_SEARCH_EVERY
        self.tracks: list[HairTrack] = []

    def update(self, view: View, effort: Effort) -> list[HairTrack]:
        """The tracks of all heads, brought up to date with a new frame."""
        if self._cuts(view.luma):
            self.tracks = []
            self._since_search = EMPTY_SEARCH_EVERY
        for track in self.tracks:
            track.follow(view, self._segmenter, effort)
        self.tracks = _apart([track for track in self.tracks if not track.lost_in(view)])
        self._since_search += 1
        if self._since_search >= self._search_every(effort):
            self._search(view, effort)
        return list(self.tracks)

    def _search_every(self, effort: Effort) -> int:
        if not self.tracks:
            return EMPTY_SEARCH_EVERY
        seen = all(track.shows_face for track in self.tracks)
        return effort.search_every if seen else min(FACELESS_SEARCH_EVERY, effort.search_every)

    def _search(self, view: View, effort: Effort) -> None:
        self._since_search = 0
        for head in self._finder.find(view.picture):
            if len(self.tracks) >= MAX_HEADS:
                return
            if any(near(head, track.head) for track in self.tracks):
                continue
            track = HairTrack(head)
            track.meet(view, self._segmenter, effort)
            # Up close it may prove to be the face of one that is known.
            if any(near(track.head, known.head) for known in self.tracks):
                continue
            if track.confirms(head) or head.score >= SURE:
                self.tracks.append(track)

    def _cuts(self, luma: Bytes) -> bool:
        """Whether this frame shows something else than the last one, or has another size."""
        if luma.shape != self._shape:
            self._thumb, self._shape = None, luma.shape
            return True
        small = cv2.resize(luma, _THUMB_PX, interpolation=cv2.INTER_NEAREST)
        thumb = np.asarray(small, np.uint8)
        before, self._thumb = self._thumb, thumb
        if before is None:
            return False
        return float(cv2.mean(cv2.absdiff(before, thumb))[0]) > CUT_LEVELS


def _apart(tracks: list[HairTrack]) -> list[HairTrack]:
    """The tracks less those that have come to follow the same head as another, whose face is seen
    or which is the older one."""
    kept: list[HairTrack] = []
    for track in sorted(tracks, key=lambda one: not one.shows_face):
        if not any(near(track.head, other.head) for other in kept):
            kept.append(track)
    return kept
