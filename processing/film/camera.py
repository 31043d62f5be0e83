"""How the camera moved from frame to frame, seen in the pictures alone."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from media.frame import Picture

SIDE_PX: Final = 480
"""Frames are looked at with this as their longer side."""
CORNERS: Final = 300
LEAST_CORNERS: Final = 12
"""Fewer tell nothing: a wall, or the dark."""
FOUND_AGAIN: Final = 0.1
"""Of the corners, in the same scene; measured: 0.29 and more, and 0.005 across a cut."""
AGREEING: Final = 0.3
"""Of the corners that were found again so many must move alike to tell how the camera moved. Where
somebody fills the picture and moves about they do not, and the camera is taken to be still."""
RETURN_PX: Final = 0.5
"""A corner that is followed back must come home as exactly as this."""
_WINDOW_PX: Final = (21, 21)

X, Y, TURN, GROWTH = range(4)
"""A movement's columns: right and down in pixels, clockwise in radians, log of the scale."""
Movement = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class CameraMotion:
    """How the picture's contents move from each frame to the next, about the picture's middle.

    ``steps`` is (frames, 4); its first row, and that of each frame that begins another scene, are
    zero. ``cuts`` says which frames begin one.
    """

    steps: Movement
    cuts: NDArray[np.bool_]

    @classmethod
    def of(cls, pictures: Iterable[Picture]) -> "CameraMotion":
        """Look at all frames of a film, BGR, one after the other."""
        steps, cuts = list[Movement](), list[bool]()
        for step in _steps(pictures):
            steps.append(np.zeros(4) if step is None else step)
            cuts.append(step is None)
        return cls(np.array(steps).reshape(-1, 4), np.array(cuts, np.bool_))


def _steps(pictures: Iterable[Picture]) -> Iterator[Movement | None]:
    before: NDArray[np.uint8] | None = None
    for picture in pictures:
        scale = min(1.0, SIDE_PX / max(picture.shape[:2]))
        size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        now = np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8)
        yield None if before is None else step_between(before, now, 1 / scale)
        before = now


def step_between(
    before: NDArray[np.uint8], now: NDArray[np.uint8], scale: float
) -> Movement | None:
    """The movement between two grey pictures, in pixels of ones ``scale`` times as large; None if
    they do not show the same scene.

    Corners (Shi and Tomasi, 1994) are followed there and back (Lucas and Kanade, 1981, in a
    pyramid), and a turn, a scale and a shift are fitted to those that agree (RANSAC).
    """
    seen = cv2.goodFeaturesToTrack(before, CORNERS, 0.01, 8)
    if seen is None or len(seen) < LEAST_CORNERS:
        return None
    corners: NDArray[np.float32] = np.asarray(seen, np.float32)
    there, found = _followed(before, now, corners)
    back, returned = _followed(now, before, there)
    good = found & returned & (np.linalg.norm(back - corners, axis=2)[:, 0] < RETURN_PX)
    if good.sum() < max(LEAST_CORNERS, FOUND_AGAIN * len(corners)):
        return None
    middle = np.array([before.shape[1], before.shape[0]], np.float32) / 2
    fitted, agree = cv2.estimateAffinePartial2D(
        corners[good] - middle, there[good] - middle, ransacReprojThreshold=1.0
    )
    if fitted is None or agree.mean() < AGREEING:
        return np.zeros(4)
    (a, _, x), (b, _, y) = fitted
    return np.array([x * scale, y * scale, np.arctan2(b, a), np.log(np.hypot(a, b))])


def _followed(
    before: NDArray[np.uint8], now: NDArray[np.uint8], corners: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Where the corners have gone, and which of them were found."""
    there, found, _ = cv2.calcOpticalFlowPyrLK(before, now, corners, None, winSize=_WINDOW_PX)  # type: ignore[call-overload]
    return np.asarray(there, np.float32), found[:, 0] == 1
