"""What is cut from a portrait for one step of training: the crop and all that is known of it."""

from dataclasses import dataclass, replace
from typing import cast

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from media.frame import Picture
from processing.local.natural.crop import BEYOND
from processing.training.faces import Face, FaceAxes
from processing.training.labels import Plane
from processing.training.pictures import Portrait

MIRRORED_SHARE = 0.5
ASTRAY_SHARE = 0.1
"""How often the head is not in the middle of the crop, or not in it at all."""
FAR_SHARE = 0.06
"""How often the head is far away."""
CUT_SHARE = 0.25
"""How often the picture ends within the head or close to it."""
GREY_SHARE = 0.7
"""How often there is the engine's grey beyond the picture, and not just any colour."""
COARSE_SCALE, SMOOTHED_SHARE = 0.6, 0.7
"""A picture shrunk by more than this is smoothed so often; else it has steps, as in some apps."""

_SIDES = ("above", "below", "left", "right")


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A square crop: BGR picture (s, s, 3); hair, face and weight planes (s, s), 0 to 255."""

    picture: Picture
    hair: Plane
    face: Plane
    weight: Plane
    axes: FaceAxes


def frame(portrait: Portrait, size_px: int, random: Generator) -> Scene:
    """A crop as the tracker might cut it: tight or wide, off-centre, tilted, mirrored, cut off."""
    face = portrait.faces[0]
    matrix = _matrix(face, size_px, random)
    picture, weight = _cut_off(portrait, face, random)
    scale = _scale(matrix)
    if scale < COARSE_SCALE and random.random() < SMOOTHED_SHARE:
        picture = cast("Picture", cv2.GaussianBlur(picture, (0, 0), 0.4 / scale))
    grey = random.random() < GREY_SHARE
    ground = (BEYOND,) * 3 if grey else tuple(random.integers(0, 256, 3).tolist())
    return Scene(
        _warped(picture, matrix, size_px, ground),
        _warped(portrait.label.hair, matrix, size_px, (0,)),
        face_plane(portrait.faces, matrix, size_px),
        _warped(weight, matrix, size_px, (0,)),
        _moved_axes(face, matrix),
    )


def _warped(
    plane: NDArray[np.uint8], matrix: NDArray[np.float64], size_px: int, ground: tuple[int, ...]
) -> NDArray[np.uint8]:
    size = (size_px, size_px)
    warped = cv2.warpAffine(plane, matrix, size, flags=cv2.INTER_LINEAR, borderValue=ground)
    return cast("NDArray[np.uint8]", warped)


def _scale(matrix: NDArray[np.float64]) -> float:
    """How many times larger the matrix makes things."""
    return float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))


def _matrix(face: Face, size_px: int, random: Generator) -> NDArray[np.float64]:
    """From picture to crop: 1.6 to 3.4 face heights, now and then a head far away."""
    far = random.random() < FAR_SHARE
    heights = np.exp(random.uniform(*np.log((3.4, 8.0) if far else (1.6, 3.4))))
    scale = size_px / (heights * face.height)
    angle = np.deg2rad(random.normal(0, 17))
    stretch = np.exp(random.normal(0, 0.05, 2))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = scale * turn @ np.diag(stretch)
    if random.random() < MIRRORED_SHARE:
        linear = linear @ np.diag([-1.0, 1.0])
    target = _face_place(size_px, far, scale * face.height, random)
    shift = target - linear @ np.array([face.cx, face.cy])
    return np.hstack([linear, shift[:, None]])


def _face_place(size_px: int, far: bool, face_px: float, random: Generator) -> NDArray[np.float64]:
    """Where in the crop the face's centre comes to lie; in crops that went astray, off its edge:
    without them the network would see a face wherever it is asked for one."""
    if random.random() < ASTRAY_SHARE:
        angle, distance = random.uniform(0, 2 * np.pi), face_px * random.uniform(0.9, 2.2)
        return size_px / 2 + distance * np.array([np.cos(angle), np.sin(angle)])
    limit = 0.16 if not far else 0.35
    return np.asarray(size_px * (0.5 + random.uniform(-limit, limit, 2)))


def _cut_off(portrait: Portrait, face: Face, random: Generator) -> tuple[Picture, Plane]:
    """Picture and weight, sometimes cut where a camera's edge might run through head or hair."""
    if random.random() > CUT_SHARE:
        return portrait.picture, portrait.label.weight
    picture, weight = portrait.picture.copy(), portrait.label.weight.copy()
    gone = _beyond(face, random)
    picture[gone], weight[gone] = BEYOND, 0
    return picture, weight


def _beyond(face: Face, random: Generator) -> tuple[slice, slice]:
    """Rows and columns that lie beyond an edge through the head, on one of its four sides."""
    everything, side = slice(None), random.choice(_SIDES)
    if side == "above":
        return slice(max(0, int(face.cy - face.height * random.uniform(0.35, 0.9)))), everything
    if side == "below":
        return slice(int(face.cy + face.height * random.uniform(0.5, 1.2)), None), everything
    if side == "left":
        return everything, slice(max(0, int(face.cx - face.width * random.uniform(0.3, 1.0))))
    return everything, slice(int(face.cx + face.width * random.uniform(0.3, 1.0)), None)


def face_plane(faces: tuple[Face, ...], matrix: NDArray[np.float64], size_px: int) -> Plane:
    """Ellipses inscribed in the face boxes and turned as the faces are, in the crop: 0 or 255."""
    plane = np.zeros((size_px, size_px), np.uint8)
    scale = _scale(matrix)
    for face in faces:
        centre = matrix @ np.array([face.cx, face.cy, 1.0])
        axes = FaceAxes.of(face)
        down = matrix[:, :2] @ np.array(axes.down)
        degrees = float(np.rad2deg(np.arctan2(down[1], down[0])))
        box = (face.height * scale, face.width * scale)
        cv2.ellipse(plane, ((centre[0], centre[1]), box, degrees), 255, -1, cv2.LINE_AA)
    return plane


def _moved_axes(face: Face, matrix: NDArray[np.float64]) -> FaceAxes:
    points = np.array(face.landmarks) @ matrix[:, :2].T + matrix[:, 2]
    order = [1, 0, 2, 4, 3] if np.linalg.det(matrix[:, :2]) < 0 else [0, 1, 2, 3, 4]
    marks = tuple((float(points[i][0]), float(points[i][1])) for i in order)
    return FaceAxes.of(replace(face, landmarks=marks))
