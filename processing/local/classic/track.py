"""The memory of where a client's face is, so that not every frame must be searched."""

from dataclasses import dataclass
from typing import Protocol

from media.frame import Picture
from processing.local.classic.box import Box

_SMOOTHING = 0.5


class FaceDetector(Protocol):
    """What the tracker asks of a detector."""

    def find(self, picture: Picture, distant: bool) -> tuple[Box, ...]:
        """All near or all distant faces, the largest first; dear."""
        ...

    def find_near(self, picture: Picture, face: Box) -> Box | None:
        """A face that was there a moment ago; cheap."""
        ...


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When to look again, in frames.

    ``follow``: a known face in its surroundings. ``search``: the whole picture, while there is
    no face or it was missed. ``review``: the whole picture although the face is known, for
    others. ``patience``: how long a face that is no longer seen is believed to be where it was,
    since falling back to the whole picture for the length of a blink would flash.
    """

    follow: int = 2
    search: int = 3
    review: int = 60
    patience: int = 12


class FaceTracker:
    """Follows the largest face from frame to frame.

    A search is for near faces or for distant ones, in turn until one is found: both in one frame
    would hold it up too long.
    """

    def __init__(self, detector: FaceDetector, rhythm: Rhythm | None = None) -> None:
        self._detector = detector
        self._rhythm = rhythm or Rhythm()
        self._shape: tuple[int, ...] = ()
        self._face: Box | None = None
        self._heads = 0
        self._unseen = 0
        self._unsearched = 0
        self._distant = False

    @property
    def heads(self) -> int:
        """How many faces the last search that found any found; 0 once the face is given up."""
        return self._heads

    def update(self, picture: Picture) -> Box | None:
        """The largest face in the next frame, None if there is none.

        The first frame, and the first one of another size, is always searched.
        """
        self._unseen += 1
        self._unsearched += 1
        if picture.shape != self._shape:
            self._restart(picture)
        if self._unsearched >= self._search_interval():
            self._search(picture)
        elif self._face is not None and self._unseen >= self._rhythm.follow:
            self._see(self._detector.find_near(picture, self._face))
        if self._unseen > self._rhythm.patience:
            self._face, self._heads = None, 0
        return self._face

    def _restart(self, picture: Picture) -> None:
        """A first frame: what was remembered of another size is of no use."""
        self._shape = picture.shape
        self._face, self._heads = None, 0
        self._distant = False
        self._unsearched = self._rhythm.search

    def _search_interval(self) -> int:
        missed = self._face is None or self._unseen > self._rhythm.follow
        return self._rhythm.search if missed else self._rhythm.review

    def _search(self, picture: Picture) -> None:
        self._unsearched = 0
        faces = self._detector.find(picture, self._distant)
        if faces:
            self._heads = len(faces)
            self._see(faces[0])
        else:
            self._distant = not self._distant

    def _see(self, face: Box | None) -> None:
        """Take over a sighting; half of the way, as the cascade's boxes tremble."""
        if face is None:
            return
        self._unseen = 0
        held = self._face
        if held is not None and held.holds_centre_of(face):
            face = held.toward(face, _SMOOTHING)
        self._face = face
