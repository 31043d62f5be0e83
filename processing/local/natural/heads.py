"""Finds the heads in the whole picture."""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from media.frame import Picture
from processing.local.natural.crop import BEYOND
from processing.local.natural.model import STEP_PX, Networks
from processing.local.natural.runtime import InferenceSession, open_session

MAX_HEADS = 4
LOOK_PX = 256
"""The picture's longer side as the network sees it."""
FACE_UNIT_PX = 32.0
"""Heights are learned as logarithms of multiples of this."""
CELL_PX = 8
SUSPECTED, SURE = 0.35, 0.6
"""From the first score on it may be a face, from the second on it is one."""
BESIDE = 0.8
"""A find less sure than this share of the surest one is a badge or a lamp, not a second face."""
APART = 0.55
"""Two finds nearer to each other than this share of the higher one's height are one face."""


@dataclass(frozen=True, slots=True)
class Head:
    """A face: centre and height in px, and how sure it is, 0 to 1."""

    cx: float
    cy: float
    height: float
    score: float


class Finder(Protocol):
    """Whatever finds heads."""

    def find(self, picture: Picture) -> tuple[Head, ...]:
        """The heads in a BGR picture, highest first, at most four, also those only suspected."""
        ...


class HeadFinder:
    """The shipped head network. Shared by all clients; calls may come from several threads.

    Loaded by the first call: making one is cheap.
    """

    def __init__(self, networks: Networks = "all") -> None:
        self._file = f"heads-{networks}.onnx"

    @cached_property
    def _session(self) -> InferenceSession:
        return open_session(self._file)

    def warm_up(self) -> None:
        """Load the network, and look at nothing once: the first look takes longer than others."""
        self.find(np.zeros((192, 256, 3), np.uint8))

    def find(self, picture: Picture) -> tuple[Head, ...]:
        """See Finder."""
        seen, scale = _shrunk(picture)
        score, place = self._session.run(None, {"picture": seen[None]})
        found = _separate(_peaks(score, place))
        heads = [Head(h.cx / scale, h.cy / scale, h.height / scale, h.score) for h in found]
        return tuple(sorted(heads, key=lambda head: -head.height)[:MAX_HEADS])


def _shrunk(picture: Picture) -> tuple[Picture, float]:
    """The picture at the size the network looks at, filled up to whole steps, and the scale."""
    height, width = picture.shape[:2]
    scale = LOOK_PX / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(
        picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    )
    down, across = -size[1] % STEP_PX, -size[0] % STEP_PX
    grey = (BEYOND, BEYOND, BEYOND)
    filled = cv2.copyMakeBorder(small, 0, down, 0, across, cv2.BORDER_CONSTANT, value=grey)
    return cast("Picture", filled), scale


def _peaks(score: NDArray[np.float32], place: NDArray[np.float32]) -> list[Head]:
    """Cells that are sure and surer than their neighbours, surest first."""
    highest = cv2.dilate(score, np.ones((3, 3), np.uint8))
    rows, columns = np.nonzero((score >= SUSPECTED) & (score == highest))
    found = []
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        across, down, size = (float(v) for v in place[:, row, column])
        found.append(
            Head(
                (column + 0.5 + across) * CELL_PX,
                (row + 0.5 + down) * CELL_PX,
                float(np.exp(min(size, 4.0))) * FACE_UNIT_PX,
                float(score[row, column]),
            )
        )
    return sorted(found, key=lambda head: -head.score)


def _separate(found: list[Head]) -> list[Head]:
    """One find for each face, the surest, and none that is doubtful beside it."""
    kept: list[Head] = []
    for head in found:
        doubtful = kept and head.score < BESIDE * kept[0].score
        if not doubtful and not any(near(head, other) for other in kept):
            kept.append(head)
    return kept


def near(one: Head, other: Head) -> bool:
    """Whether two finds are of the same face."""
    distance = float(np.hypot(one.cx - other.cx, one.cy - other.cy))
    return distance < APART * max(one.height, other.height)
