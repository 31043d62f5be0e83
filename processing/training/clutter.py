"""Badges, lamps, wheels, letters, boxes: things with the outlines of a face that are none.

Portraits show people and walls and hardly any object; without these a network takes every round
thing with some pattern in it for a face.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.random import Generator

from media.frame import Picture

Ring = tuple[float, float, float]
"""A place that is to be left alone: its centre and radius, px."""

MOST_THINGS = 10
LARGEST_SHARE = 0.22
"""A thing's radius is no larger than this share of the picture's shorter side."""
ROUND_SHARE = 0.6
LETTERED_SHARE = 0.4


def strewn(picture: Picture, random: Generator, spared: Sequence[Ring] = ()) -> Picture:
    """The picture with some things in it, none of them over a spared place."""
    canvas = picture.copy()
    height, width = canvas.shape[:2]
    most = LARGEST_SHARE * min(height, width)
    for _ in range(int(random.integers(1, MOST_THINGS + 1))):
        radius = float(np.exp(random.uniform(np.log(4), np.log(max(5.0, most)))))
        x, y = random.uniform(0, width), random.uniform(0, height)
        if not any(np.hypot(x - cx, y - cy) < r + 1.6 * radius for cx, cy, r in spared):
            _draw_thing(canvas, (float(x), float(y)), radius, random)
    return canvas


def _draw_thing(
    canvas: Picture, centre: tuple[float, float], radius: float, random: Generator
) -> None:
    """A body with a rim and a pattern within."""
    tall = radius * random.uniform(0.8, 1.5)
    body = (centre, (2 * radius, 2 * tall), float(random.uniform(0, 180)))
    if random.random() < ROUND_SHARE:
        cv2.ellipse(canvas, body, _colour(random), -1, cv2.LINE_AA)
        cv2.ellipse(canvas, body, _colour(random), int(random.integers(1, 4)), cv2.LINE_AA)
    else:
        corners = cv2.boxPoints(body).astype(np.int32)
        cv2.fillPoly(canvas, [corners], _colour(random), cv2.LINE_AA)
    for _ in range(int(random.integers(0, 7))):
        _draw_detail(canvas, centre, radius, random)
    if random.random() < LETTERED_SHARE:
        place = (int(centre[0] - radius * 0.8), int(centre[1] + random.uniform(-0.5, 0.5) * radius))
        word = "".join(random.choice(list("ABCEHKMNORSTXZ038"), int(random.integers(1, 7))))
        scale = radius / 25
        cv2.putText(canvas, word, place, cv2.FONT_HERSHEY_SIMPLEX, scale, _colour(random), 1)


def _draw_detail(
    canvas: Picture, centre: tuple[float, float], radius: float, random: Generator
) -> None:
    x, y = np.array(centre) + random.uniform(-0.65, 0.65, 2) * radius
    size = radius * random.uniform(0.08, 0.45)
    if random.random() < ROUND_SHARE:
        axes = (2 * size, 2 * size * random.uniform(0.3, 1.2))
        turned = ((float(x), float(y)), axes, float(random.uniform(0, 180)))
        cv2.ellipse(canvas, turned, _colour(random), -1, cv2.LINE_AA)
        return
    start, end = (int(x - size), int(y)), (int(x + size), int(y + random.uniform(-1, 1) * size))
    cv2.line(canvas, start, end, _colour(random), int(random.integers(1, 4)), cv2.LINE_AA)


def _colour(random: Generator) -> tuple[float, float, float]:
    """Any colour, greys and skin's among them."""
    if random.random() < LETTERED_SHARE:
        grey = float(random.uniform(0, 255))
        return grey, grey, grey
    blue, green, red = random.uniform(0, 255, 3)
    return float(blue), float(green), float(red)
