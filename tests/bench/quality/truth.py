"""Pictures whose hair was outlined by people, with the faces in them. For evaluation only.

Figaro1k (Svanera et al. 2016, "Figaro, hair detection and segmentation in the wild") and the part
labels of LFW (Kae et al. 2013). The latter are coarse and count beards as hair.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import orjson
from numpy.typing import NDArray

from media.frame import Picture
from processing.local.natural.crop import Square
from tests.bench.quality.arrays import Mask

FIGARO, LFW = "figaro1k", "lfw"


@dataclass(frozen=True, slots=True)
class Face:
    """A face as YuNet reports it, px. The five points are eye, eye, nose, mouth corner, corner."""

    left: float
    top: float
    width: float
    height: float
    points: tuple[tuple[float, float], ...]

    @staticmethod
    def of(row: Any) -> "Face":
        """From YuNet's row: left, top, width, height and ten coordinates."""
        left, top, width, height, *rest = (float(value) for value in row[:14])
        return Face(left, top, width, height, tuple(zip(rest[::2], rest[1::2], strict=True)))

    @property
    def centre(self) -> tuple[float, float]:
        """The middle of the box, px."""
        return self.left + self.width / 2, self.top + self.height / 2

    def square(self, heights: float) -> Square:
        """The square around the box's centre whose side is so many face heights."""
        return Square(*self.centre, heights * self.height)


@dataclass(frozen=True, slots=True, eq=False)
class TruthPicture:
    """A picture, its hair as people drew it (bool, height x width), and its largest face."""

    name: str
    picture: Picture
    hair: Mask
    face: Face

    @property
    def height_px(self) -> int:
        """The picture's height."""
        return int(self.picture.shape[0])


class TruthSet:
    """The pictures of a folder that have a face; read one by one, since there are many."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        records = orjson.loads((folder / "faces.json").read_bytes())
        self._faces = {name: _largest(record["faces"]) for name, record in records.items()}
        self.names = tuple(sorted(name for name, face in self._faces.items() if face is not None))

    def load(self, name: str) -> TruthPicture:
        """The picture of that name, like ``lfw/Abdullah_0003``. Raises KeyError without a face."""
        face = self._faces[name]
        if face is None:
            raise KeyError(f"{name} has no face")
        hair = cv2.imread(str(self._folder / f"{name}.png"), cv2.IMREAD_GRAYSCALE)
        return TruthPicture(
            name, read_picture(self._folder / f"{name}.jpg"), np.asarray(hair) > 127, face
        )


def read_picture(path: Path) -> Picture:
    """Any picture file as BGR. Raises FileNotFoundError if it is none."""
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise FileNotFoundError(path)
    return np.asarray(picture, np.uint8)


def write_picture(path: Path, picture: NDArray[np.uint8]) -> None:
    """As the suffix says; the folder is made if it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), picture)


def _largest(faces: list[Any]) -> Face | None:
    found = [Face.of([*face["box"], *face["lm"]]) for face in faces]
    return max(found, key=lambda face: face.height, default=None)
