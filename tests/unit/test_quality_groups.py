"""The truth pictures, their groups and what is told of them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from processing.shades import find_shade
from tests.bench.quality import groups, masks
from tests.bench.quality.masks import Score
from tests.bench.quality.membership import ORDER, groups_of, is_frontal, is_long
from tests.bench.quality.regions import crown, lower_face
from tests.bench.quality.truth import Face, TruthPicture, TruthSet

TRUTH = Path(__file__).parents[2].parent / "shared" / "truth"
FACE = Face(40.0, 40.0, 20.0, 30.0, ((45, 50), (55, 50), (50, 57), (46, 63), (54, 63)))
LISTED = (groups.BALD, groups.COVERED, groups.BEARDED, groups.STRANGERS, *groups.SOURCES.values())


def test_nothing_is_listed_twice() -> None:
    """A picture counts once in a group, and has one hair colour."""
    for names in LISTED:
        assert len(names) == len(set(names))
    sources = [name for names in groups.SOURCES.values() for name in names]
    assert len(sources) == len(set(sources))


def test_enough_is_listed() -> None:
    """Six source colours of ten pictures or more, eight shades of the catalogue."""
    assert len(groups.SOURCES) == 6
    assert min(len(names) for names in groups.SOURCES.values()) >= 10
    assert len(groups.TARGETS) == 8
    assert all(find_shade(name) for name in groups.TARGETS)


def test_figaro_classes_come_by_the_number() -> None:
    """150 frames a class, from straight to short; the other set has none."""
    numbers = (1, 150, 151, 600, 601, 900, 901, 1050)
    classes = [groups.figaro_class(f"figaro1k/Frame{number:05d}") for number in numbers]
    assert classes[:3] == ["straight", "straight", "wavy"]
    assert classes[3:] == ["kinky", "braids", "dreadlocks", "short", "short"]
    assert groups.figaro_class("lfw/Abdullah_0003") is None


def test_long_hair_hangs_below_the_chin() -> None:
    """A tenth of the hair half a face below the chin is long; a bob is not."""
    assert is_long(_picture("figaro1k/Frame00001", bottom=100))
    assert not is_long(_picture("figaro1k/Frame00001", bottom=80))


def test_profiles_are_not_seen_from_the_front() -> None:
    """With the nose beside both eyes, or the eyes close together, a face is turned away."""
    beside = replace(FACE, points=((45, 50), (55, 50), (57, 57), *FACE.points[3:]))
    narrow = replace(FACE, points=((47, 50), (53, 50), (50, 57), *FACE.points[3:]))
    assert is_frontal(FACE)
    assert not is_frontal(beside)
    assert not is_frontal(narrow)


def test_beards_of_lfw_are_in_no_measured_group() -> None:
    """Their truth calls the beard hair, so that neither length nor overlap is believed."""
    bearded = groups_of(_picture("lfw/Abdullah_0003", bottom=100))
    shaven = groups_of(_picture("lfw/Aiysha_Smith_0001", bottom=100))
    assert bearded == ("all", "from the front", "lfw")
    assert shaven == ("all", "from the front", "lfw", "lfw without beards", "long")


def test_picture_without_hair_says_so() -> None:
    """It is in a group of its own, since one wrong pixel costs it everything."""
    assert "no hair" in groups_of(_picture("lfw/Mike_Tyson_0003", bottom=0))


def test_false_hair_is_told_of_listed_pictures_only() -> None:
    """A bald head called hairy is all false; beside the true hair nothing is; others have none."""
    bald = _picture("lfw/Mike_Tyson_0003", bottom=0)
    everything = np.ones(bald.hair.shape, np.bool_)
    assert masks.false_hair(bald, everything) == {"bald": 1.0}
    assert masks.false_hair(bald, ~everything) == {"bald": 0.0}
    assert masks.false_hair(_picture("lfw/Aiysha_Smith_0001", bottom=0), everything) == {}


def test_beard_is_false_whatever_the_truth_says() -> None:
    """Only the ellipse around mouth and chin counts."""
    bearded = _picture("lfw/Abdullah_0003", bottom=100)
    assert masks.false_hair(bearded, lower_face(FACE, (100, 100))) == {"bearded": 1.0}
    assert masks.false_hair(bearded, crown(FACE, (100, 100))) == {"bearded": 0.0}


def test_tables_compare_ours_with_the_teacher() -> None:
    """A line for each group that has pictures, and the gain where both were judged."""
    scores = {
        "natural": {"a": Score(0.9, 0.8, {}), "b": Score(0.8, 0.8, {})},
        "teacher": {"a": Score(0.8, 0.9, {}), "b": Score(0.7, 0.9, {})},
    }
    belongs = {"a": ("all", "lfw"), "b": ("all",)}
    lines = masks.overlap_table(scores, belongs).splitlines()
    gains = masks.gains_table(scores, belongs).splitlines()
    assert len(lines) == len(gains) == 4
    assert "0.850 / 0.850 / 0.800" in lines[2]
    assert "+0.100 (+0.100 to +0.100)" in gains[2]
    assert masks.missed_line({"natural": {"a": Score(0.0, 0.0, {}, True)}}).endswith("natural 1.")
    assert masks.gains_table({"natural": scores["natural"]}, belongs) == ""
    assert masks.figures_of(scores, belongs)["teacher"]["groups"]["lfw"]["iou_mean"] == 0.8


@pytest.mark.skipif(not TRUTH.is_dir(), reason="../shared/truth is not there")
def test_listed_pictures_exist_and_have_a_face() -> None:
    """No name in the lists is misspelt."""
    known = set(TruthSet(TRUTH).names)
    assert len(known) == 537
    for names in LISTED:
        assert set(names) <= known


@pytest.mark.skipif(not TRUTH.is_dir(), reason="../shared/truth is not there")
def test_truth_is_read() -> None:
    """Picture, mask and largest face fit each other, and the group order knows every group."""
    truth = TruthSet(TRUTH)
    true = truth.load("figaro1k/Frame00091")
    assert true.picture.shape[:2] == true.hair.shape == (400, 300)
    assert 0 < true.hair.mean() < 1
    assert 0 < true.face.centre[0] < 300
    assert set(groups_of(true)) <= set(ORDER)
    with pytest.raises(KeyError):
        truth.load("figaro1k/Frame00732")


def _picture(name: str, bottom: int) -> TruthPicture:
    """Hair from the top of the picture down to a row, over all of its width."""
    hair = np.zeros((100, 100), np.bool_)
    hair[:bottom] = True
    return TruthPicture(name, np.zeros((100, 100, 3), np.uint8), hair, FACE)
