"""Reading portraits: which pictures are learned from, and with what label."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from processing.training.pictures import read_portraits

FACE = {"box": [8.0, 8.0, 16.0, 20.0], "lm": [12, 14, 20, 14, 16, 18, 13, 23, 19, 23]}
SMALL = FACE | {"box": [0.0, 0.0, 4.0, 5.0]}


def folder(root: Path, entries: dict[str, dict[str, Any]]) -> tuple[Path, Path]:
    """Pictures and labels of one source, as large as a stamp; ``faces.json`` as given."""
    pictures, labels = root / "pictures", root / "labels"
    for part in (pictures, labels):
        (part / "web").mkdir(parents=True)
    (pictures / "web" / "faces.json").write_text(json.dumps(entries))
    for name in entries:
        cv2.imwrite(str(pictures / "web" / name), np.full((40, 32, 3), 90, np.uint8))
        plane = np.dstack([np.full((40, 32), value, np.uint8) for value in (200, 0, 248)])
        cv2.imwrite(str((labels / "web" / name).with_suffix(".png")), plane)
    return pictures, labels


def names(pictures: Path, labels: Path, marks: Path | None = None) -> list[str]:
    """Of the portraits that are read."""
    return [portrait.name for portrait in read_portraits(pictures, labels, marks)]


def test_picture_label_and_faces_come_together(tmp_path: Path) -> None:
    """Mean, doubt and views are a label's planes; the largest face leads."""
    [portrait] = read_portraits(*folder(tmp_path, {"0.jpg": {"faces": [SMALL, FACE]}}), None)
    assert portrait.name == "web/0"
    assert portrait.picture.shape == (40, 32, 3)
    assert portrait.faces[0].width == 16
    assert portrait.label.hair[2, 2] == 200
    assert portrait.label.weight[2, 2] == 255
    assert portrait.abundance > 1


def test_what_cannot_be_used_is_left_out(tmp_path: Path) -> None:
    """No face, no label, refused by the filter: not learned from."""
    pictures, labels = folder(
        tmp_path,
        {
            "faceless.jpg": {"faces": []},
            "good.jpg": {"faces": [FACE]},
            "refused.jpg": {"faces": [FACE], "use": False},
            "unlabelled.jpg": {"faces": [FACE]},
        },
    )
    (labels / "web" / "unlabelled.png").unlink()
    assert names(pictures, labels) == ["web/good"]


def test_marks_overrule_the_filter(tmp_path: Path) -> None:
    """A refused picture whose fault is known is mended and used; a bad one is left out."""
    pictures, labels = folder(
        tmp_path,
        {"a.jpg": {"faces": [FACE], "use": False}, "b.jpg": {"faces": [FACE], "use": True}},
    )
    marks = tmp_path / "marks.json"
    marks.write_text(json.dumps({"web/a": "hat", "web/b": "bad"}))
    assert names(pictures, labels, marks) == ["web/a"]


def test_missing_marks_are_none(tmp_path: Path) -> None:
    """Without a file of marks every label is taken as it is."""
    pictures, labels = folder(tmp_path, {"a.jpg": {"faces": [FACE]}})
    assert names(pictures, labels, tmp_path / "absent.json") == ["web/a"]


def test_broken_picture_is_named(tmp_path: Path) -> None:
    """A listed picture that cannot be read stops the reading and says which it is."""
    pictures, labels = folder(tmp_path, {"a.jpg": {"faces": [FACE]}})
    (pictures / "web" / "a.jpg").write_bytes(b"no picture")
    with pytest.raises(ValueError, match=r"a\.jpg"):
        read_portraits(pictures, labels, None)


def test_nothing_to_learn_from(tmp_path: Path) -> None:
    """A folder without any labelled portrait stops the reading at once, not the training later."""
    with pytest.raises(ValueError, match="no labelled portraits"):
        read_portraits(tmp_path, tmp_path, None)
