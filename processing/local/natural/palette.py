"""Palettes: what a dyed hair looks like at every lightness, as a table of 256 colours.

A palette has one BGR colour for each *tone*: tone 128 is the dye's own lightness, and each step
up or down is one level of neutral sRGB grey lighter or darker. It is a plain function from one
byte to three, so the same table in YUV (each row converted once) recolours YUV pictures: Y is
read as the grey, and rows give Y, U and V.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from processing.local.natural.lab import Floats, bgr_of, fitted, lab_of, lightness_of
from processing.look import Bgr

Table: TypeAlias = NDArray[np.uint8]
"""256 x 1 x 3, uint8: blue, green, red for each tone."""

MIDDLE = 128
"""The tone at which a palette has the dye's own colour."""

_GREYS = np.arange(256, dtype=np.float64)
_GREY_LIGHTNESS = lightness_of(_GREYS)

_BLACKEST, _WHITEST = 1.0, 253.0
"""Greys that shadows and highlights approach and never reach."""

_SHADOWS, _LIGHTS = 3.6, 5.5
"""How far shadows and highlights may lie from the dye's own lightness, in spreads."""

_LIFT = 1.15
"""How far a dye must lie above black, in spreads."""

_SHADOW_CHROMA = 0.6
"""How chroma falls with lightness in shade: 1 is plain shading; light scattered from strand to
strand in the depth of the hair grows richer."""

_TURNS = ((55.0, 45.0, 0.07), (88.0, 35.0, 0.16))
"""Turn of hue (radians) that 15 L* of light or shade give a warm colour: hue at which it is
greatest, degrees, how far from there it ends, and how great it is. Copper turns a little, the
yellow of blonde hair much: its shade would else be the green of khaki."""

_SPECULAR_CHROMA = 0.6
"""How chroma falls towards white: highlights are partly the lamp's own colour."""


@dataclass(frozen=True, slots=True, eq=False)
class Swatch:
    """A colour in CIELAB and how far its strands may spread around it, in L*.

    ``levels`` (n, 3), if there are any, are colours that were measured: L* rising, a*, b*.
    """

    lightness: float
    a: float
    b: float
    spread: float
    levels: Floats | None = None

    @classmethod
    def of(cls, color: Bgr) -> "Swatch":
        """A catalogue colour, with the spread at which it still reads as this colour."""
        lightness, a, b = (float(value) for value in lab_of(color))
        return cls(lightness, a, b, natural_spread(lightness))

    @property
    def grey(self) -> float:
        """The neutral grey (0 to 255) of the same lightness."""
        return float(np.interp(self.lightness, _GREY_LIGHTNESS, _GREYS))

    @property
    def center(self) -> float:
        """The grey that the palette is laid around: ``grey``, but for what is nearly black.

        Black as black can be has no room for strands: it is lifted until they can be seen.
        """
        return max(self.grey, _BLACKEST + _LIFT * self.spread / slope_at(self.grey))

    @property
    def slope(self) -> float:
        """L* per level of grey around the palette's middle."""
        return slope_at(self.center)


def slope_at(grey: float, reach: float = 12.0) -> float:
    """L* per level of grey, averaged over ``reach`` levels to both sides."""
    low, high = max(0.0, grey - reach), min(255.0, grey + reach)
    ends = np.interp([low, high], _GREYS, _GREY_LIGHTNESS)
    return float((ends[1] - ends[0]) / (high - low))


def natural_spread(lightness: float) -> float:
    """The spread of L* (standard deviation) that hair of this mean lightness is given.

    Where the eye tells lightnesses apart best (L* 50) less of it fits into the same colour
    difference: the weight is CIEDE2000's own.
    """
    square = (lightness - 50) ** 2
    weight = 1 + 0.015 * square / (20 + square) ** 0.5
    room = 5.0 + 0.45 * lightness
    return float(min(4.7 * weight, room))


def tones_of(swatch: Swatch, shine: float) -> Floats:
    """L* at each tone: linear in grey around the swatch, gently limited at black and white."""
    step = _GREYS - MIDDLE
    gloss = np.where(step > 0, step * (1 + shine * _smooth(step / 40)), step)
    reach = swatch.spread / swatch.slope
    center = swatch.center
    below = _limited(gloss, min(center - _BLACKEST, _SHADOWS * reach))
    above = _limited(gloss, min(_WHITEST - center, (_LIGHTS + 2 * shine) * reach))
    grey = center + np.where(gloss < 0, below, above)
    return np.interp(grey, _GREYS, _GREY_LIGHTNESS)


def table_of(swatch: Swatch, shine: float = 0.0) -> Table:
    """The palette of one colour; ``shine`` 0 to 1 lets highlights grow lighter and whiter."""
    lightness = tones_of(swatch, shine)
    levels = swatch.levels
    a, b = _dyed(swatch, lightness) if levels is None else _measured(levels, lightness)
    share = 1 - 0.6 * shine * _smooth((_GREYS - MIDDLE) / 70)
    return rendered(np.stack([lightness, a * share, b * share], axis=-1))


def gloss_of(shine: float) -> Table:
    """What shine adds to the hair's own colour at each tone: the lamp's white, on highlights."""
    light = 45 * shine * _smooth((_GREYS - MIDDLE) / 50)
    grey = np.repeat(np.rint(light)[:, None], 3, axis=1)
    return np.ascontiguousarray(grey.astype(np.uint8).reshape(256, 1, 3))


def rendered(lab: Floats) -> Table:
    """256 colours in CIELAB, made to fit sRGB, as a table."""
    bgr = np.clip(np.rint(bgr_of(fitted(lab))), 0, 255)
    return np.ascontiguousarray(bgr.astype(np.uint8).reshape(256, 1, 3))


def _chroma_share(lightness: Floats, center: float) -> Floats:
    shade = ((lightness + 16) / (center + 16)) ** _SHADOW_CHROMA
    light = np.clip((100 - lightness) / max(100 - center, 1.0), 0, 1) ** _SPECULAR_CHROMA
    return np.where(lightness < center, shade, light)


def _dyed(swatch: Swatch, lightness: Floats) -> tuple[Floats, Floats]:
    share, turn = _chroma_share(lightness, swatch.lightness), _turn(swatch, lightness)
    a = share * (swatch.a * np.cos(turn) - swatch.b * np.sin(turn))
    b = share * (swatch.a * np.sin(turn) + swatch.b * np.cos(turn))
    return a, b


def _measured(levels: Floats, lightness: Floats) -> tuple[Floats, Floats]:
    """a* and b* as they were measured; beyond what was seen they fade as a dye's do."""
    known, a, b = levels.T
    inside = np.clip(lightness, known[0], known[-1])
    share = np.where(
        lightness < inside,
        _chroma_share(lightness, float(known[0])),
        _chroma_share(lightness, float(known[-1])),
    )
    share = np.where(lightness == inside, 1.0, share)
    return share * np.interp(inside, known, a), share * np.interp(inside, known, b)


def _turn(swatch: Swatch, lightness: Floats) -> Floats:
    """Warm hair is redder in its depth and more golden in the light: the turn of hue, radians."""
    hue = np.degrees(np.arctan2(swatch.b, swatch.a))
    turn = sum(most * max(0.0, 1 - abs(hue - best) / reach) for best, reach, most in _TURNS)
    return np.asarray(turn * np.clip((lightness - swatch.lightness) / 15, -1, 1))


def _limited(step: Floats, room: float) -> Floats:
    """``step`` while it is small beside ``room``, never more than ``room``."""
    room = max(room, 1.0)
    return np.asarray(step / (1 + np.abs(step / room) ** 3) ** (1 / 3))


def _smooth(position: Floats) -> Floats:
    t = np.clip(position, 0, 1)
    return np.asarray(t * t * (3 - 2 * t))
