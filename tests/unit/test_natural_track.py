"""One head's hair from frame to frame, and all heads of a picture."""

import cv2
import numpy as np
import pytest

from processing.local.natural.effort import LADDER, Effort
from processing.local.natural.hair_track import GRID, HairTrack
from processing.local.natural.heads import Head
from processing.local.natural.model import Segmentation
from processing.local.natural.planes import resized
from processing.local.natural.tracker import EMPTY_SEARCH_EVERY, HeadTracker
from processing.local.natural.view import View

FULL = LADDER[0]
FACE_BLUE, HAIR_BLUE, WALL_BLUE = 200, 30, 120


def portrait(cx: float = 320, cy: float = 240, height: float = 120) -> np.ndarray:
    """A face (an ellipse) with a ring of hair, on a wall with some pattern."""
    rows, columns = np.indices((480, 640))
    wall = (WALL_BLUE + 15 * np.sin(columns / 9) + 15 * np.sin(rows / 13)).astype(np.uint8)
    picture = np.dstack([wall] * 3)
    for size, level in ((1.5, HAIR_BLUE), (1.0, FACE_BLUE)):
        box = (0.74 * height * size, height * size)
        cv2.ellipse(picture, ((cx, cy), box, 0.0), (level, level, level), -1)
    return picture


class ByLevel:
    """Takes dark for hair and light for face, as `portrait` draws them; counts its looks."""

    def __init__(self) -> None:
        self.looks = 0

    def segment(self, crop: np.ndarray) -> Segmentation:
        """See Segmenter."""
        self.looks += 1
        size = len(crop)
        grey = crop[:, :, 0]
        hair = resized((grey < 60).astype(np.float32), (size // 2, size // 2))
        face = resized((grey > 170).astype(np.float32), (size // 8, size // 8))
        return Segmentation(hair, face)


class Finder:
    """Finds what it is told to."""

    def __init__(self, *heads: Head) -> None:
        self.heads = heads
        self.searches = 0

    def find(self, _: np.ndarray) -> tuple[Head, ...]:
        """See HeadFinder."""
        self.searches += 1
        return self.heads


HEAD = Head(320, 240, 120, 0.9)


def hair_level(track: HairTrack, x: float, y: float) -> float:
    """The track's hair at a place of the picture."""
    cell = track.square.side / GRID
    row, column = int((y - track.square.top) / cell), int((x - track.square.left) / cell)
    return float(track.hair[row, column])


def test_first_frame_is_complete() -> None:
    """The very first frame has its hair: a photo has no second one."""
    track = HairTrack(HEAD)
    assert track.follow(View(portrait()), ByLevel(), FULL)
    assert hair_level(track, 320, 165) > 0.9
    assert hair_level(track, 320, 240) < 0.1


def test_a_still_head_is_looked_at_now_and_then() -> None:
    """When nothing moves the network is spared, and the hair stays as it is."""
    track, segmenter = HairTrack(HEAD), ByLevel()
    for _ in range(31):
        track.follow(View(portrait()), segmenter, FULL)
    assert segmenter.looks <= 1 + 30 // FULL.still_every + 1
    assert hair_level(track, 320, 165) > 0.9


def test_a_still_head_is_seen_both_ways() -> None:
    """What one look misses the next, mirrored, does not; while nothing moves the mean stands."""

    class Squints(ByLevel):
        def segment(self, crop: np.ndarray) -> Segmentation:
            seen = super().segment(crop)
            fading = np.linspace(1, 0, seen.hair.shape[1], dtype=np.float32)
            return Segmentation(seen.hair * fading, seen.face)

    track, segmenter = HairTrack(HEAD), Squints()
    levels = []
    for _ in range(120):
        track.follow(View(portrait()), segmenter, FULL)
        levels.append(hair_level(track, 320, 165))
    middle = float(track.hair[:, 48][track.hair[:, 48] > 0.2].mean())
    assert middle == pytest.approx(0.5, abs=0.06)
    assert max(levels[-40:]) - min(levels[-40:]) < 0.02
    left, right = hair_level(track, 285, 185), hair_level(track, 355, 185)
    assert left == pytest.approx(right, abs=0.05)


def test_a_photos_crop_is_put_right() -> None:
    """The first look shows where the head is, the second one has it in the middle."""
    track = HairTrack(Head(300, 225, 150, 0.9))
    track.aim_at(View(portrait()), ByLevel(), FULL)
    assert track.square.cx == pytest.approx(320, abs=6)
    assert hair_level(track, 320, 165) > 0.9


def test_hair_moves_with_the_head_between_looks() -> None:
    """With a look every fourth frame only, the hair is where the head is on every frame."""
    lazy = Effort(0.2, 128, 128, 4, 8, 3, 45, 1, False)
    track, segmenter = HairTrack(HEAD), ByLevel()
    for step in range(24):
        cx = 320 + 2.5 * step
        track.follow(View(portrait(cx)), segmenter, lazy)
        assert hair_level(track, cx, 165) > 0.6
        assert hair_level(track, cx, 240) < 0.4
    assert segmenter.looks < 14
    assert track.head.cx == pytest.approx(320 + 2.5 * 23, abs=8)


def test_hair_that_flies_about_is_looked_at_on_every_frame() -> None:
    """Where the network keeps finding the hair elsewhere than it was carried, it looks at once."""

    class Restless(ByLevel):
        def segment(self, crop: np.ndarray) -> Segmentation:
            seen = super().segment(crop)
            return Segmentation(np.roll(seen.hair, 3 * (self.looks % 2), axis=1), seen.face)

    calm, restless = ByLevel(), Restless()
    for segmenter in (calm, restless):
        track = HairTrack(HEAD)
        for step in range(24):
            track.follow(View(portrait(320 + step % 2)), segmenter, FULL)
    assert restless.looks >= 22 > calm.looks + 2


def test_a_hand_before_the_hair_is_seen_at_once() -> None:
    """What the motion cannot explain makes the network look, and what was known gives way."""
    track, segmenter = HairTrack(HEAD), ByLevel()
    for _ in range(4):
        track.follow(View(portrait()), segmenter, FULL)
    covered = portrait()
    cv2.rectangle(covered, (240, 140), (330, 200), (150, 150, 150), -1)
    track.follow(View(covered), segmenter, FULL)
    assert hair_level(track, 290, 170) < 0.35


def test_turned_back_is_followed_for_a_while() -> None:
    """Without a face but with hair in view the track lives on; without both it ends soon."""
    track, segmenter = HairTrack(HEAD), ByLevel()
    track.follow(View(portrait()), segmenter, FULL)
    back = portrait()
    cv2.ellipse(back, ((320, 240), (0.74 * 170, 170), 0.0), (HAIR_BLUE,) * 3, -1)
    for _ in range(20):
        track.follow(View(back), segmenter, FULL)
    assert not track.lost_in(View(back))
    empty = np.full_like(back, WALL_BLUE)
    for _ in range(20):
        track.follow(View(empty), segmenter, FULL)
    assert track.lost_in(View(empty))


def test_crop_widens_for_long_hair() -> None:
    """Hair that fills the narrow crop gets a wider one, which reaches further down."""
    track, segmenter = HairTrack(HEAD), ByLevel()
    picture = portrait()
    cv2.rectangle(picture, (270, 240), (370, 470), (HAIR_BLUE,) * 3, -1)
    cv2.ellipse(picture, ((320, 240), (0.74 * 120, 120), 0.0), (FACE_BLUE,) * 3, -1)
    for _ in range(8):
        track.follow(View(picture), segmenter, FULL)
    assert track.square.side > 3.2 * 120
    assert track.square.top + track.square.side > 240 + 2 * 120
    for _ in range(12):
        track.follow(View(portrait()), segmenter, FULL)
    assert track.square.side < 2.8 * 120


def test_what_lies_beyond_the_picture_calls_for_no_wider_crop() -> None:
    """A head that fills the picture: the network may take the grey around it for hair."""

    class SeesHairBeyond(ByLevel):
        def segment(self, crop: np.ndarray) -> Segmentation:
            seen = super().segment(crop)
            beyond = resized((crop[:, :, 0] == 127).astype(np.float32), seen.hair.shape)
            return Segmentation(np.maximum(seen.hair, beyond), seen.face)

    picture = portrait()[140:340, 220:420]
    track, segmenter = HairTrack(Head(100, 100, 120, 0.9)), SeesHairBeyond()
    for _ in range(8):
        track.follow(View(picture), segmenter, FULL)
    assert track.square.side < 2.8 * 120


def test_a_face_that_is_not_seen_up_close_is_looked_for_from_farther() -> None:
    """A head finder may point at one that needs its surroundings to be told."""

    class NeedsSurroundings(ByLevel):
        def segment(self, crop: np.ndarray) -> Segmentation:
            seen = super().segment(crop)
            return seen if self.looks > 1 else Segmentation(seen.hair, seen.face * 0)

    track = HairTrack(HEAD)
    track.meet(View(portrait()), NeedsSurroundings(), FULL)
    assert track.confirms(HEAD)
    assert track.square.side > 3.2 * HEAD.height


def test_searches_often_while_nobody_is_there() -> None:
    """An empty picture is searched every few frames, one with a head rarely."""
    finder = Finder()
    tracker = HeadTracker(finder, ByLevel())
    for _ in range(30):
        tracker.update(View(portrait()), FULL)
    assert finder.searches == pytest.approx(30 / EMPTY_SEARCH_EVERY, abs=1)
    finder.heads, finder.searches = (HEAD,), 0
    for _ in range(30):
        tracker.update(View(portrait()), FULL)
    assert len(tracker.tracks) == 1
    assert finder.searches <= 4


def test_the_same_head_is_not_tracked_twice() -> None:
    """A search that finds a followed head again changes nothing; a second head is added."""
    finder = Finder(HEAD)
    tracker = HeadTracker(finder, ByLevel())
    for _ in range(40):
        tracker.update(View(portrait()), FULL)
    assert len(tracker.tracks) == 1
    finder.heads = (HEAD, Head(120, 240, 100, 0.9))
    for _ in range(FULL.search_every + 1):
        both = np.maximum(portrait(), portrait(120, 240, 100) // 2)
        tracks = tracker.update(View(both), FULL)
    assert len(tracks) >= 1


def test_two_tracks_that_meet_become_one() -> None:
    """Somebody who passes in front of another is one head, for as long as the other is hidden."""
    finder = Finder(HEAD, Head(120, 240, 120, 0.9))
    tracker = HeadTracker(finder, ByLevel())
    for cx in range(120, 330, 6):
        both = np.where(portrait(cx) == portrait(900), portrait(), portrait(cx))
        finder.heads = (Head(cx, 240, 120, 0.9), HEAD)
        tracks = tracker.update(View(both.astype(np.uint8)), FULL)
        if cx == 120:
            assert len(tracks) == 2
    assert len(tracks) == 1


def test_another_size_starts_over() -> None:
    """A phone that is turned, or a camera that changes its size, shows heads at other places."""
    finder = Finder(HEAD)
    tracker = HeadTracker(finder, ByLevel())
    tracker.update(View(portrait()), FULL)
    finder.heads = (Head(160, 120, 60, 0.9),)
    small = cv2.resize(portrait(), (320, 240), interpolation=cv2.INTER_AREA)
    (track,) = tracker.update(View(np.asarray(small, np.uint8)), FULL)
    assert track.head.cx == pytest.approx(160, abs=2)


def test_a_head_outside_the_picture_is_lost() -> None:
    """What has left is not there any more, whatever the network last saw."""
    track = HairTrack(HEAD)
    view = View(portrait())
    track.follow(view, ByLevel(), FULL)
    assert not track.lost_in(view)
    assert track.lost_in(View(portrait()[:, :300]))


def test_who_comes_in_the_place_of_another_is_found_soon() -> None:
    """While a followed head shows no face the picture is searched more often."""
    finder = Finder(HEAD)
    tracker = HeadTracker(finder, ByLevel())
    for _ in range(3):
        tracker.update(View(portrait()), FULL)
    finder.heads = (Head(120, 240, 120, 0.9),)
    for _ in range(FULL.search_every // 2):
        tracks = tracker.update(View(portrait(120)), FULL)
    assert any(abs(track.head.cx - 120) < 10 for track in tracks)


def test_a_cut_starts_over() -> None:
    """After a cut nothing of the earlier scene is left in the hair."""
    tracker = HeadTracker(Finder(HEAD), ByLevel())
    for _ in range(5):
        tracker.update(View(portrait()), FULL)
    before = tracker.tracks[0]
    bright = np.clip(portrait().astype(int) + 110, 0, 255).astype(np.uint8)
    tracker.update(View(bright), FULL)
    assert before not in tracker.tracks


def test_a_find_that_proves_to_be_a_known_face_is_no_new_head() -> None:
    """Else its hair would be dyed twice, for one frame at each search."""
    finder = Finder(HEAD)
    tracker = HeadTracker(finder, ByLevel())
    tracker.update(View(portrait()), FULL)
    finder.heads = (HEAD, Head(HEAD.cx + 90, HEAD.cy + 20, HEAD.height, 0.99))
    counts = [len(tracker.update(View(portrait()), FULL)) for _ in range(40)]
    assert counts == [1] * 40
    assert finder.searches > 1
