"""Stand-ins for what a model makes of a photo: other hair, and all the harm that comes with it.

No model runs here. Hair is dyed by our own engine, taken over from another person's picture, or cut
off and the place painted in; then the picture is treated as models treat it.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from media.codec import decode_frame, encode_jpeg
from media.frame import Picture
from processing.cloud.paste import tone
from processing.cloud.paste.affine import Affine, after, scaling
from processing.cloud.paste.portrait import Portrait
from processing.local.natural.engine import NaturalEngine
from processing.look import Bgr, Look
from tests.bench.quality.arrays import Alpha, disc
from tests.bench.quality.clips import MAX_PX
from tests.bench.quality.truth import Face

SIZES = ((752, 1392), (800, 1328), (832, 1248), (880, 1184), (944, 1104), (1024, 1024))
"""Sides of the pictures that a model makes, upright or lying: a photo is stretched to the next."""
JPEG_QUALITY = 85
MOST_SHIFT, MOST_ZOOM, MOST_TURN_DEGREES = 0.02, 0.03, 1.0
MOST_DRIFT = 0.08
"""Of a channel's linear light, and as much of all channels'."""
REDRAWN_SHARE = 0.006
"""By how much of the face's height features wander."""
PAINT_PX = 160
"""Of a face's height, while places are painted in: slow, and there is nothing fine in them."""


@dataclass(frozen=True, slots=True, eq=False)
class Edit:
    """``picture`` as a model would give it back; ``clean`` is the same before it was harmed, in the
    photo's size, and ``matrix`` takes the edit's pixels to the photo's."""

    picture: Picture
    clean: Picture
    matrix: Affine


def dyed(photo: Picture, color: Bgr) -> Picture:
    """Other colour, by our own engine."""
    return NaturalEngine().retouch(photo, Look("natural", color=color)).picture


def shortened(own: Portrait, face: Face) -> Picture:
    """The hair below the mouth is gone."""
    mouth_px = round(max(y for _, y in face.points[3:]))
    gone = own.alpha.copy()
    gone[:mouth_px] = 0
    return _painted_in(own, gone, face)


def transplanted(own: Portrait, face: Face, donor: Portrait, donor_face: Face) -> Picture:
    """All hair is gone and another person's put on, by the five points of the faces."""
    bald = _painted_in(own, own.alpha, face)
    fit, _ = cv2.estimateAffinePartial2D(
        np.array(donor_face.points, np.float32), np.array(face.points, np.float32)
    )
    size = (bald.shape[1], bald.shape[0])
    hair = cv2.warpAffine(donor.view.picture, fit, size, flags=cv2.INTER_CUBIC)
    alpha = cv2.warpAffine(donor.alpha, fit, size, flags=cv2.INTER_LINEAR)
    share = (alpha.astype(np.float32) / 255)[..., None]
    return np.rint(hair * share + bald * (1 - share)).astype(np.uint8)


def _painted_in(own: Portrait, gone: Alpha, face: Face) -> Picture:
    """The picture without some of its hair: from the place's edge inwards (Telea, 2004)."""
    scale = min(1.0, PAINT_PX / face.height)
    small = cv2.resize(own.view.picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    hole = cv2.resize(gone, small.shape[1::-1], interpolation=cv2.INTER_AREA)
    hole = cv2.dilate(np.asarray(hole > 8, np.uint8), disc(4))
    filled = cv2.GaussianBlur(cv2.inpaint(small, hole, 5, cv2.INPAINT_TELEA), (0, 0), 2.0)
    large = cv2.resize(filled, own.view.picture.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    wide = cv2.dilate(np.asarray(gone > 8, np.uint8) * 255, disc(max(2, round(4 / scale))))
    share = (cv2.GaussianBlur(wide, (0, 0), 1.5 / scale).astype(np.float32) / 255)[..., None]
    return np.rint(large * share + own.view.picture * (1 - share)).astype(np.uint8)


def harmed(clean: Picture, face: Face, seed: int) -> Edit:
    """Redrawn, in another light, shifted, and in a model's size, by a seed."""
    rng = np.random.default_rng(seed)
    redrawn = _redrawn(clean, face, rng)
    gains = np.exp(rng.uniform(-1, 1, 3) * MOST_DRIFT + rng.uniform(-1, 1) * MOST_DRIFT)
    light = tone.encoded(np.asarray(tone.linear(redrawn) * gains, np.float32))
    matrix, size = _placed(clean.shape, rng)
    framed = cv2.warpAffine(
        light, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
    )
    picture = decode_frame(encode_jpeg(np.asarray(framed, np.uint8), JPEG_QUALITY), MAX_PX)
    return Edit(picture, clean, np.asarray(cv2.invertAffineTransform(matrix)))


def _redrawn(clean: Picture, face: Face, rng: np.random.Generator) -> Picture:
    """Features wander a little, and skin is smoother."""
    height, width = clean.shape[:2]
    wander = np.zeros((height, width, 2), np.float32)
    for axis in (0, 1):
        noise = rng.normal(0, 1, (height, width)).astype(np.float32)
        smooth = cv2.GaussianBlur(noise, (0, 0), 0.15 * face.height)
        wander[..., axis] = smooth / max(float(np.abs(smooth).std()), 1e-6) / 1.5
    wander *= np.float32(REDRAWN_SHARE * face.height)
    rows, columns = np.indices((height, width), np.float32)
    places = np.stack([columns, rows], axis=2) + wander
    moved = cv2.remap(clean, places, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)  # type: ignore[call-overload]
    return np.asarray(cv2.bilateralFilter(moved, 5, 12, 3), np.uint8)


def _placed(shape: tuple[int, ...], rng: np.random.Generator) -> tuple[Affine, tuple[int, int]]:
    """From the photo's pixels to the edit's, and the edit's width and height."""
    height, width = shape[:2]
    known = [*SIZES, *(sides[::-1] for sides in SIZES)]
    sides = min(known, key=lambda of: abs(np.log(of[0] / of[1] * height / width)))
    stretch = np.array([[sides[0] / width, 0, 0], [0, sides[1] / height, 0]])
    zoom = 1 + rng.uniform(-1, 1) * MOST_ZOOM
    turn = rng.uniform(-1, 1) * MOST_TURN_DEGREES
    shake = np.asarray(cv2.getRotationMatrix2D((width / 2, height / 2), turn, zoom), np.float64)
    shake[:, 2] += rng.uniform(-1, 1, 2) * MOST_SHIFT * width
    half = scaling(1.0, -0.5, -0.5)
    return after(after(scaling(1.0, 0.5, 0.5), stretch), after(half, shake)), sides
