"""When the tracker looks, and what it remembers."""

from dataclasses import dataclass, field

import numpy as np

from media.frame import Picture
from processing.local.classic.box import Box
from processing.local.classic.track import FaceTracker, Rhythm

RHYTHM = Rhythm(follow=2, search=3, review=10, patience=5)
PICTURE: Picture = np.zeros((48, 64, 3), np.uint8)
HERE = Box(10, 10, 20, 20)
NEARBY = Box(14, 12, 22, 22)
ELSEWHERE = Box(40, 10, 20, 20)


@dataclass
class ScriptedDetector:
    """Finds what the test says, and notes what it was asked."""

    faces: tuple[Box, ...] = ()
    near: Box | None = None
    calls: list[str] = field(default_factory=list)

    def find(self, picture: Picture, distant: bool) -> tuple[Box, ...]:
        self.calls.append("distant" if distant else "find")
        return self.faces

    def find_near(self, picture: Picture, face: Box) -> Box | None:
        self.calls.append("near")
        return self.near


def _calls(detector: ScriptedDetector, tracker: FaceTracker, frames: int) -> list[str]:
    """What the detector was asked in each of the next frames."""
    asked = []
    for _ in range(frames):
        detector.calls.clear()
        tracker.update(PICTURE)
        asked.append("+".join(detector.calls) or "-")
    return asked


def test_known_face_is_followed_and_now_and_then_reviewed() -> None:
    """One dear search at first and one each review; in between a cheap look each second frame."""
    detector = ScriptedDetector((HERE,), HERE)
    asked = _calls(detector, FaceTracker(detector, RHYTHM), 12)
    cheap = ["-", "near"] * 4
    assert asked == ["find", *cheap, "-", "find", "-"]


def test_empty_pictures_are_searched_at_intervals() -> None:
    """With no face in sight each third frame is searched, for near and distant ones in turn."""
    detector = ScriptedDetector()
    tracker = FaceTracker(detector, RHYTHM)
    assert _calls(detector, tracker, 7) == ["find", "-", "-", "distant", "-", "-", "find"]
    assert tracker.update(PICTURE) is None
    assert tracker.heads == 0


def test_lost_face_is_searched_at_once_then_given_up() -> None:
    """A face not seen again stays for the frames of patience while it is searched for."""
    detector = ScriptedDetector((HERE,), HERE)
    tracker = FaceTracker(detector, RHYTHM)
    _calls(detector, tracker, 5)
    detector.calls.clear()
    detector.faces, detector.near = (), None
    boxes = [tracker.update(PICTURE) for _ in range(6)]
    assert boxes == [HERE] * 5 + [None]
    assert detector.calls == ["near", "find", "near", "near", "distant"]
    assert tracker.heads == 0


def test_distant_face_is_reviewed_as_such() -> None:
    """Once the search for distant faces found one, the review is for distant ones too."""
    detector = ScriptedDetector(near=HERE)
    tracker = FaceTracker(detector, RHYTHM)
    _calls(detector, tracker, 3)
    detector.faces = (HERE,)
    asked = _calls(detector, tracker, 11)
    assert (asked[0], asked[10]) == ("distant", "distant")
    assert "find" not in asked


def test_face_comes_back() -> None:
    """A search that finds the face again ends the wait."""
    detector = ScriptedDetector((HERE,), None)
    tracker = FaceTracker(detector, RHYTHM)
    assert [tracker.update(PICTURE) for _ in range(20)] == [HERE] * 20


def test_largest_face_counts_and_all_are_counted() -> None:
    """The first of the faces, the largest, is used; heads is how many there are."""
    detector = ScriptedDetector((ELSEWHERE, HERE))
    tracker = FaceTracker(detector, RHYTHM)
    assert tracker.update(PICTURE) == ELSEWHERE
    assert tracker.heads == 2


def test_small_moves_are_smoothed_and_large_ones_are_not() -> None:
    """A trembling box moves half of the way; a face somewhere else is taken as it is."""
    detector = ScriptedDetector((HERE,), NEARBY)
    tracker = FaceTracker(detector, RHYTHM)
    assert [tracker.update(PICTURE) for _ in range(3)] == [HERE, HERE, Box(12, 11, 21, 21)]
    detector.near = ELSEWHERE
    assert [tracker.update(PICTURE) for _ in range(2)][-1] == ELSEWHERE


def test_new_size_starts_anew() -> None:
    """A camera that changes its resolution has its first frame searched at once."""
    detector = ScriptedDetector((HERE,), HERE)
    tracker = FaceTracker(detector, RHYTHM)
    tracker.update(PICTURE)
    detector.faces = ()
    assert tracker.update(PICTURE[:32]) is None
    assert tracker.heads == 0
    assert detector.calls == ["find", "find"]
