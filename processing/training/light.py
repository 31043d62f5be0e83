"""Light, lens, sensor and coder: what a webcam does to a picture. Hair of other colours."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from media.codec import decode_frame, encode_jpeg
from media.frame import Picture
from processing.training.scene import Scene
from processing.training.texture import surface

Floats = NDArray[np.floating[Any]]

NATURAL_SHARE = 0.6
"""How often recoloured hair has a colour that grows."""
UNEVEN_SHARE = 0.3
"""How often light comes from one side."""
GREY_SHARE = 0.06
"""How often a picture has no colour at all."""
SHAKEN_SHARE = 0.3
"""How much of the blur comes from motion."""
GRAIN_SHARE = 0.4
"""How much of the noise is coarser than a pixel."""


def recolour(scene: Scene, random: Generator) -> Scene:
    """Hair of another lightness and hue: blonde, grey and dyed hair are rare in the pictures."""
    alpha = scene.hair.astype(np.float32)[..., None] / 255
    lab = cv2.cvtColor(scene.picture, cv2.COLOR_BGR2LAB).astype(np.float32)
    weight = alpha + 1e-6
    mean = (lab * alpha).sum((0, 1)) / weight.sum((0, 1))
    target = _other_colour(random)
    spread = np.array([random.uniform(0.6, 1.4), 0.4, 0.4], np.float32)
    dyed = ((lab - mean) * spread + target).clip(0, 255).astype(np.uint8)
    changed = cv2.cvtColor(dyed, cv2.COLOR_LAB2BGR)
    picture = scene.picture * (1 - alpha) + changed * alpha
    return replace(scene, picture=picture.astype(np.uint8))


def _other_colour(random: Generator) -> Floats:
    """Bytes of CIELAB, any lightness: from white over blond to ginger, or of any hue."""
    lightness = random.uniform(20, 235)
    hue, chroma = random.uniform(0, 2 * np.pi), random.choice([0, 6, 18, 45])
    natural = random.random() < NATURAL_SHARE
    a = 128 + (chroma * 0.25 if natural else chroma * np.cos(hue))
    b = 128 + (chroma * 0.8 if natural else chroma * np.sin(hue))
    return np.array([lightness, a, b], np.float32)


def move_elsewhere(scene: Scene, random: Generator, other: Picture) -> Scene:
    """Another background above the chin; hair, face and shoulders stay."""
    down, across = scene.axes.grid(scene.hair.shape)
    body = np.clip((down - 1.2) * 2.0, 0, 1)
    near = np.clip(4.2 - 4 * np.hypot((down - 0.3) / 1.8, across / 1.3), 0, 1)
    own = np.maximum(np.maximum(body, near), np.minimum(1, scene.hair / 200.0))[..., None]
    ground = surface(len(scene.hair), random, other)
    picture = scene.picture * own + ground * (1 - own)
    return replace(scene, picture=picture.astype(np.uint8))


def photograph(picture: Picture, random: Generator) -> Picture:
    """The picture as some camera in some light would deliver it."""
    values: Floats = picture.astype(np.float32) / 255
    values = _lit(values, random)
    values = _toned(values, random)
    bytes_ = (values.clip(0, 1) * 255).astype(np.uint8)
    for step, chance in _SENSOR:
        if random.random() < chance:
            bytes_ = step(bytes_, random)
    return bytes_


def _lit(values: Floats, random: Generator) -> Floats:
    """Exposure and uneven light; dark rooms are common."""
    values = values ** np.exp(random.normal(0.1, 0.35))
    if random.random() < UNEVEN_SHARE:
        height, width = values.shape[:2]
        y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
        angle = random.uniform(0, 2 * np.pi)
        slope = 1 + random.uniform(0.1, 0.6) * (np.cos(angle) * x + np.sin(angle) * y)
        values = values * slope[..., None]
    exposed: Floats = (values * np.exp(random.normal(0, 0.15))).astype(np.float32)
    return exposed


def _toned(values: Floats, random: Generator) -> Floats:
    """Contrast, white balance and saturation down to grey."""
    contrast = np.exp(random.normal(0, 0.18))
    values = (values - 0.45) * contrast + 0.45
    values = values * np.exp(random.normal(0, 0.07, 3))
    grey = values.mean(2, keepdims=True)
    amount = 0.0 if random.random() < GREY_SHARE else random.uniform(0.3, 1.35)
    toned: Floats = (grey + (values - grey) * amount).astype(np.float32)
    return toned


def _blurred(picture: Picture, random: Generator) -> Picture:
    if random.random() < SHAKEN_SHARE:
        length = int(random.integers(1, 5)) * 2 + 1
        kernel = np.zeros((length, length), np.float32)
        start = int(random.integers(0, length))
        # Through the kernel's middle: else the picture would move away from its label.
        cv2.line(kernel, (start, 0), (length - 1 - start, length - 1), 1.0)
        return cast("Picture", cv2.filter2D(picture, -1, kernel / kernel.sum()))
    return cast("Picture", cv2.GaussianBlur(picture, (0, 0), random.uniform(0.4, 1.8)))


def _noisy(picture: Picture, random: Generator) -> Picture:
    noise: Floats = random.normal(0, random.uniform(2, 14), picture.shape)
    if random.random() < GRAIN_SHARE:
        noise = cv2.GaussianBlur(noise.astype(np.float32), (0, 0), 0.8) * 1.6
    return (picture + noise).clip(0, 255).astype(np.uint8)


def _small(picture: Picture, random: Generator) -> Picture:
    height, width = picture.shape[:2]
    scale = random.uniform(0.35, 0.8)
    little = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    restored = cv2.resize(little, (width, height), interpolation=cv2.INTER_LINEAR)
    return cast("Picture", restored)


def _coded(picture: Picture, random: Generator) -> Picture:
    data = encode_jpeg(np.ascontiguousarray(picture), int(random.integers(20, 92)))
    return decode_frame(data, max_px=picture.shape[0] * picture.shape[1])


_SENSOR: tuple[tuple[Callable[[Picture, Generator], Picture], float], ...] = (
    (_small, 0.15),
    (_blurred, 0.2),
    (_noisy, 0.3),
    (_coded, 0.5),
)
