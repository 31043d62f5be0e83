"""The keyframes' hair laid into a frame: what is no hair, old or new, stays the frame's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from media.frame import Picture
from processing.cloud.carry.key import SOLID
from processing.cloud.carry.layer import SMALL, Layer, Place
from processing.cloud.carry.planes import spread_pixels
from processing.cloud.paste import tone
from processing.cloud.paste.pair import FACE_CELLS
from processing.cloud.paste.region import RIM_HEIGHTS
from processing.local.natural.heads import Head
from processing.local.natural.planes import Bytes, Floats, resized, smoothed

MOSTLY: Final = 200
"""From here on up to 255 a pixel of hair shows its own colour, below that of the hair around."""
CLEAR: Final = 4
"""Up to this alpha nothing of a pixel is hair: there the light is compared."""
MOST_LIGHT_LOG: Final = 0.4
LEAST: Final = 1 / 255


def mixed(layers: Sequence[tuple[float, Layer]]) -> Layer:
    """The mean of several keyframes' layers by their shares, which are 1 together."""
    if len(layers) == 1:
        return layers[0][1]
    hair, kept = (
        _total([(share, of) for share, of in parts])
        for parts in (
            [(share, layer.hair) for share, layer in layers],
            [(share, layer.kept) for share, layer in layers],
        )
    )
    extras = [(share, layer.extra) for share, layer in layers if layer.extra is not None]
    grounds = [(share, layer.ground) for share, layer in layers if layer.ground is not None]
    known = sum(share for share, _ in grounds)
    ground = _total([(share / known, of) for share, of in grounds]) if grounds else None
    return Layer(hair, kept, _total(extras) if extras else None, ground)


def _total(parts: list[tuple[float, Floats]]) -> Floats:
    return np.asarray(sum(np.float32(share) * of for share, of in parts), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A frame, BGR, its head and that head's matte, uint8 (height, width)."""

    picture: Picture
    head: Head
    alpha: Bytes


def laid(frame: Frame, layer: Layer, place: Place, opacity: float) -> Picture:
    """The frame with its hair exchanged for the layer's, as far as ``opacity`` says, 0 to 1."""
    own, matte = frame.picture[place.window], frame.alpha[place.window]
    hair = np.asarray(matte * np.float32(opacity / 255), np.float32)
    base, old = own.astype(np.float32), _old_hair(own, matte)
    kept = hair * layer.kept
    shares = [kept]
    if layer.ground is not None:
        bare = _bare(hair - kept, frame.head.height)
        ground = _lit(own, matte, layer.ground)
        base += bare[..., None] * (ground - base)
        old += bare[..., None] * (ground - old)
        shares.append(bare)
    base += kept[..., None] * (layer.hair - old)
    if layer.extra is not None:
        more = np.maximum(layer.extra * np.float32(opacity) - kept, 0)
        more /= np.maximum(1 - kept, LEAST)
        base += more[..., None] * (layer.hair - base)
        shares.append(more)
    result = frame.picture.copy()
    cv2.copyTo(_levels(base), _where(shares), result[place.window])
    return result


def _levels(base: Floats) -> Picture:
    return np.asarray(np.clip(np.rint(base), 0, 255), np.uint8)


def _where(shares: Sequence[Floats]) -> Bytes:
    """Where any of the shares is more than nothing: all else stays bit for bit."""
    touched = np.maximum.reduce(list(shares)) > LEAST
    return np.asarray(touched, np.uint8)


def _old_hair(own: Picture, matte: Bytes) -> Floats:
    """The colour of the frame's own hair in each pixel: at the edge, where others show through, as
    further in."""
    size = (max(1, own.shape[1] // SMALL), max(1, own.shape[0] // SMALL))
    small, solid = (cv2.resize(of, size, interpolation=cv2.INTER_AREA) for of in (own, matte))
    within = spread_pixels(np.asarray(small, np.uint8), np.asarray(solid >= SOLID))
    wide = cv2.resize(within, own.shape[1::-1], interpolation=cv2.INTER_LINEAR).astype(np.float32)
    sure = np.clip((matte.astype(np.float32) - MOSTLY) / (255 - MOSTLY), 0, 1)[..., None]
    return np.asarray(wide + sure * (own - wide), np.float32)


def _bare(gone: Floats, face_px: float) -> Floats:
    """How much of each pixel shows what hair hid, with a rim: its outline would stay as a line."""
    height, width = gone.shape
    factor = min(1.0, FACE_CELLS / face_px)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    small = cv2.resize(np.clip(2 * gone, 0, 1), size, interpolation=cv2.INTER_AREA)
    rim = 1 + 2 * max(1, round(RIM_HEIGHTS * face_px * factor))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (rim, rim))
    soft = smoothed(np.asarray(cv2.dilate(small, disc), np.float32), rim / 8)
    return resized(np.asarray(np.clip(2 * soft - 0.5, 0, 1), np.float32), (width, height))


def _lit(own: Picture, matte: Bytes, ground: Floats) -> Floats:
    """The ground in the light that the frame has around the hair."""
    size = (max(1, own.shape[1] // SMALL), max(1, own.shape[0] // SMALL))
    here, there, hair = (
        cv2.resize(of, size, interpolation=cv2.INTER_AREA) for of in (own, ground, matte)
    )
    ratio = np.log((here.astype(np.float32) + 16) / (there + 16))
    clear = cv2.dilate(hair, np.ones((3, 3), np.uint8)) <= CLEAR
    trust = clear * np.exp(-np.square(np.abs(ratio).mean(axis=2) / MOST_LIGHT_LOG))
    light = tone.spread_out(np.asarray(ratio, np.float32), np.asarray(trust, np.float32))
    gain = np.exp(cv2.resize(np.clip(light, -MOST_LIGHT_LOG, MOST_LIGHT_LOG), own.shape[1::-1]))
    return np.asarray(ground * gain, np.float32)
