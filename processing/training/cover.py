"""Things in front of the hair that are no hair: hats, scarves, bands, hands, objects."""

from dataclasses import replace

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from media.frame import Picture
from processing.training.faces import FaceAxes
from processing.training.labels import Plane
from processing.training.scene import Scene
from processing.training.texture import surface

BRIM_SHARE = 0.4
"""How many hats have a brim."""

HALF = 127
"""Above this a pixel belongs to the thing more than to what is behind it."""

_ROUND = np.linspace(0, 2 * np.pi, 48, endpoint=False)


def wear_hat(scene: Scene, random: Generator, other: Picture) -> Scene:
    """A cap, beanie, turban or hat drawn on the head; its surface is no hair."""
    line = random.uniform(-1.0, -0.35)
    tall, wide = random.uniform(0.7, 2.0), random.uniform(1.1, 1.75)
    crown = np.where(np.sin(_ROUND) > 0, 0.25 * np.sin(_ROUND), np.sin(_ROUND))
    shape = _curve(scene.axes, line + crown * tall, wide * np.cos(_ROUND), random)
    plane = _filled(scene, shape)
    if random.random() < BRIM_SHARE:
        down = line + random.uniform(0.08, 0.3) * np.sin(_ROUND)
        brim = _curve(scene.axes, down, wide * random.uniform(1.1, 2.0) * np.cos(_ROUND), random)
        plane = np.maximum(plane, _filled(scene, brim))
    return _painted(scene, plane, surface(len(scene.hair), random, other), random)


def wear_scarf(scene: Scene, random: Generator, other: Picture) -> Scene:
    """A headscarf or hood: all around the face, nothing of the face itself."""
    outer = _oval(scene, random, (2.0, 2.6), (1.5, 2.0))
    inner = _oval(scene, random, (1.2, 1.5), (0.95, 1.15))
    plane = np.minimum(_filled(scene, outer), 255 - _filled(scene, inner))
    return _painted(scene, plane, surface(len(scene.hair), random, other), random)


def wear_band(scene: Scene, random: Generator, other: Picture) -> Scene:
    """A band, headphones' bow or ribbon across the hair."""
    line, thick = random.uniform(-1.8, -0.6), random.uniform(0.06, 0.3)
    bow = random.uniform(0.0, 0.8)
    across = np.linspace(-1.6, 1.6, 24)
    upper = line + bow * across**2
    down = np.concatenate([upper, upper[::-1] + thick])
    shape = _curve(scene.axes, down, np.concatenate([across, across[::-1]]), random)
    return _painted(scene, _filled(scene, shape), surface(len(scene.hair), random, other), random)


def hold_hand(scene: Scene, random: Generator, skin: Picture) -> Scene:
    """A hand or arm in front of the head, in the colour of somebody's cheek."""
    plane = np.zeros_like(scene.hair)
    palm = np.array(scene.axes.point(random.uniform(-2, 1.5), random.uniform(-1.6, 1.6)))
    unit = max(3.0, scene.axes.eye_px * random.uniform(0.25, 0.4))
    heading = random.uniform(0, 2 * np.pi)
    for turn in np.linspace(-0.5, 0.5, 4) + random.normal(0, 0.08, 4):
        tip = palm + unit * random.uniform(2.2, 3.4) * _unit(heading + turn)
        cv2.line(plane, _pixel(palm), _pixel(tip), 255, max(2, int(unit * 0.7)), cv2.LINE_AA)
    cv2.circle(plane, _pixel(palm), int(unit * 1.2), 255, -1, cv2.LINE_AA)
    wrist = palm - unit * 8 * _unit(heading)
    cv2.line(plane, _pixel(palm), _pixel(wrist), 255, int(unit * 1.8), cv2.LINE_AA)
    return _painted(scene, plane, _skin(len(plane), skin, random), random)


def hold_thing(scene: Scene, random: Generator, other: Picture) -> Scene:
    """Some object with straight edges before the head."""
    corners = int(random.integers(3, 7))
    centre = (random.uniform(-2, 1.5), random.uniform(-2, 2))
    angles = np.sort(random.uniform(0, 2 * np.pi, corners))
    reach = random.uniform(0.4, 1.4, corners)
    points = [
        scene.axes.point(centre[0] + r * np.sin(a), centre[1] + r * np.cos(a))
        for a, r in zip(angles, reach, strict=True)
    ]
    plane = _filled(scene, np.array(points))
    return _painted(scene, plane, surface(len(scene.hair), random, other), random)


def _oval(
    scene: Scene, random: Generator, tall: tuple[float, float], wide: tuple[float, float]
) -> NDArray[np.float64]:
    """A closed curve around the face; its half axes are drawn between these limits."""
    down = 0.6 + random.uniform(*tall) * np.sin(_ROUND)
    return _curve(scene.axes, down, random.uniform(*wide) * np.cos(_ROUND), random)


def _unit(angle: float) -> NDArray[np.float64]:
    return np.array([np.cos(angle), np.sin(angle)])


def _skin(size_px: int, sample: Picture, random: Generator) -> Picture:
    """The sample's mean colour, unevenly lit."""
    colour = sample.reshape(-1, 3).mean(0)
    shade = surface(size_px, random).astype(np.float32).mean(2, keepdims=True)
    paint: Picture = (colour * (0.8 + 0.3 * shade / 255)).clip(0, 255).astype(np.uint8)
    return paint


def _pixel(point: NDArray[np.float64]) -> tuple[int, int]:
    return int(point[0]), int(point[1])


def _curve(
    axes: FaceAxes, down: NDArray[np.float64], across: NDArray[np.float64], random: Generator
) -> NDArray[np.float64]:
    """Points of a curve in the face's axes, tilted and uneven, as pixels (n, 2)."""
    tilt = random.normal(0, 0.12)
    wobble = 1 + random.normal(0, 0.03, len(down))
    slanted = down + tilt * across
    return np.array([axes.point(d, a * w) for d, a, w in zip(slanted, across, wobble, strict=True)])


def _filled(scene: Scene, points: NDArray[np.float64]) -> Plane:
    plane = np.zeros_like(scene.hair)
    cv2.fillPoly(plane, [(points * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    return plane


def _painted(scene: Scene, plane: Plane, paint: Picture, random: Generator) -> Scene:
    """The scene with paint where the plane says so, shaded towards the shape's edge."""
    depth = cv2.GaussianBlur(plane, (0, 0), max(1.0, len(plane) * 0.04)).astype(np.float32) / 255
    shaded = paint * (1 - random.uniform(0, 0.5) * (1 - depth[..., None]))
    share = cv2.GaussianBlur(plane, (0, 0), random.uniform(0.4, 1.2))
    alpha = share.astype(np.float32)[..., None] / 255
    picture = (scene.picture * (1 - alpha) + shaded * alpha).astype(np.uint8)
    hair = (scene.hair * (1 - alpha[..., 0])).astype(np.uint8)
    weight = np.where(share > HALF, 255, scene.weight).astype(np.uint8)
    return replace(scene, picture=picture, hair=hair, weight=weight)
