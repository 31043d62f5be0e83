"""The pictures that are learned from: read once, kept in memory, shared by the workers."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import cv2
import numpy as np

from media.frame import Picture
from processing.training.faces import Face
from processing.training.labels import Label, correct, from_teacher

EVEN_ODDS = 127
"""More probable than this, of 255, is hair."""
FORGOTTEN = ("bad",)
"""Marks of pictures whose labels cannot be mended."""


@dataclass(frozen=True, slots=True, eq=False)
class Portrait:
    """A picture of a head: (h, w, 3) uint8 BGR, its label, its faces (largest first)."""

    name: str
    picture: Picture
    label: Label
    faces: tuple[Face, ...]
    mark: str | None

    @property
    def abundance(self) -> float:
        """How much hair there is, in areas of the face box."""
        face = self.faces[0]
        return float((self.label.hair > EVEN_ODDS).sum()) / (face.width * face.height)


def read_portraits(pictures: Path, labels: Path, marks: Path | None) -> tuple[Portrait, ...]:
    """All portraits below a folder that have a face and a label.

    ``pictures/SOURCE/faces.json`` lists them; ``labels/SOURCE/NAME.png`` holds mean, doubt and
    views (blue, green, red); ``marks`` is a JSON object from ``SOURCE/NAME`` to a mark. Raises
    ValueError where a listed picture or its label cannot be read, and where there is none.
    """
    known: dict[str, str] = json.loads(marks.read_text()) if marks and marks.exists() else {}
    found: list[Portrait] = []
    for index in sorted(pictures.glob("*/faces.json")):
        found.extend(_source(index, labels / index.parent.name, known))
    if not found:
        raise ValueError(f"no labelled portraits: {pictures}/SOURCE/faces.json, {labels}/SOURCE")
    return tuple(found)


def _source(index: Path, labels: Path, marks: dict[str, str]) -> Iterator[Portrait]:
    source = index.parent.name
    for file, entry in sorted(json.loads(index.read_text()).items()):
        stem = Path(file).stem
        mark = marks.get(f"{source}/{stem}")
        refused = mark in FORGOTTEN or (mark is None and not entry.get("use", True))
        png = labels / f"{stem}.png"
        if refused or not entry["faces"] or not png.exists():
            continue
        faces = Face.parse_all(entry["faces"])
        mean, doubt, views = np.moveaxis(_read(png), 2, 0)
        label = correct(from_teacher(mean, doubt, views), faces[0], mark)
        yield Portrait(f"{source}/{stem}", _read(index.parent / file), label, faces, mark)


def _read(path: Path) -> Picture:
    picture = cv2.imread(str(path))
    if picture is None:
        raise ValueError(f"no picture, or a broken one: {path}")
    return cast("Picture", picture)
