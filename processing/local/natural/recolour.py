"""Recolouring: hair of one colour becomes hair of another, strand by strand.

Each pixel's luma is split into shading and strands; both are scaled to what suits the new colour,
and its lightness takes the place of the hair's. The sum is a *tone*, one byte for each pixel, and
palettes turn tones into colours (see ``palette.py``, and there for YUV).
"""

from dataclasses import dataclass

import cv2
import numpy as np

from media.frame import Picture
from processing.local.natural.dye import Dye
from processing.local.natural.edge import Around, Edge, laid_over
from processing.local.natural.faint import as_share, brought_out, faintness
from processing.local.natural.matte import Matte
from processing.local.natural.palette import MIDDLE, Table
from processing.local.natural.patch import Patch
from processing.local.natural.planes import Bytes, Floats
from processing.local.natural.strands import (
    Face,
    Skull,
    SkullMeter,
    root_to_tip,
    smoothstep,
    streaks,
)
from processing.local.natural.tone import Gains, Tone, ToneMeter, gains
from processing.local.natural.view import View
from processing.local.natural.windows import Window, windows

__all__ = ["Colourist", "Dye"]

_DEEPEST, _LIGHTEST = 2.6, 1.5
"""How far shading may go below and above the dye's lightness, in its spreads."""

_BLACK_SHARE, _BLACK_DEPTH = 0.35, 1.6
"""The share of the mean luma below which hair is black, and its shade in the dye's spreads."""

_VOLUME_CELLS = 8
"""The outline's shade is half as wide as this part of the patch."""

_STRAND_CONTRAST = 2.5
"""How much sooner a light strand belongs to a streak than a dark one beside it."""

_STREAK_UNIT, _STREAK_EDGE = 36.0, 100.0
"""Levels of a streak's standard deviation on the grid, and of share in the picture."""


class Colourist:
    """Dyes one client's hair and remembers its tone from frame to frame."""

    def __init__(self) -> None:
        self._tone = ToneMeter()
        self._skull = SkullMeter()

    def apply(
        self, view: View, matte: Matte, dye: Dye, face: Face | None = None, coarse: bool = False
    ) -> Picture:
        """A new picture with the hair dyed; the view's is not changed.

        Where the matte is 0 the result is the picture bit for bit. ``face`` (centre x, y and
        height, px) steadies ombre and highlights. ``coarse`` costs less: shading on a coarser grid
        and faint strands left as they are; not with highlights, which are drawn on the grid.
        """
        result = view.picture.copy()
        patch = Patch.cut(view, matte, coarse and dye.streaks is None)
        tone = None if patch is None else self._measured(patch)
        if patch is None or tone is None:
            return result
        rows = slice(patch.top, patch.top + patch.height)
        self._dye(result[rows, patch.left : patch.left + patch.width], patch, tone, dye, face)
        return result

    def _measured(self, patch: Patch) -> Tone | None:
        grid = patch.grid
        tone = Tone.measure(grid.sample, grid.low, grid.weight)
        return None if tone is None else self._tone.update(tone)

    def _dye(self, result: Picture, patch: Patch, tone: Tone, dye: Dye, face: Face | None) -> None:
        """Write the dyed hair into the part of the result that the patch was cut from."""
        contrast = gains(tone, dye.spread, dye.slope)
        grid, wanted = patch.grid, _offset(patch, tone, contrast, dye)
        faint = None if grid.is_coarse else faintness(grid, contrast.strands)
        extra = [] if faint is None else [as_share(faint)]
        offset, low, rim, *more = patch.enlarged(wanted, grid.low, (1 - grid.depth) * 255, *extra)
        around = Around(low, rim)
        layered = dye.tips is not None or dye.streaks is not None
        skull = self._skull.update(patch, face) if layered else None
        layers = Layers.of(patch, skull, dye) if skull is not None else Layers()
        for window in windows(patch.alpha[: patch.height, : patch.width]):
            edge = Edge.of(patch, around, window)
            tones = _tones(edge.luma, offset[window], tone, contrast)
            for faint_share in more:
                tones = brought_out(
                    tones, edge.luma, low[window], faint_share[window], contrast.strands
                )
            colors = layers.laid_over(_base_colors(edge, tones, dye), tones, window, dye)
            edge.exchange(colors, dye.intensity, result[window])


@dataclass(frozen=True, slots=True, eq=False)
class Layers:
    """Where what lies over the base goes, uint8 (height, width) of the patch, or None: the share
    of the ``tips``, and the ``streaks`` around MIDDLE before the strands draw their edges."""

    tips: Bytes | None = None
    streaks: Bytes | None = None

    @classmethod
    def of(cls, patch: Patch, skull: Skull, dye: Dye) -> "Layers":
        """For a look with an ombre or highlights."""
        tips = lines = None
        if dye.tips is not None:
            half = max(dye.softness, 0.04) / 2
            far = smoothstep(root_to_tip(patch, skull), dye.position - half, dye.position + half)
            (tips,) = patch.enlarged(far * 255)
        if dye.streaks is not None:
            streak = streaks(patch, skull, dye.amount)
            (lines,) = patch.enlarged(streak * np.float32(_STREAK_UNIT) + np.float32(MIDDLE))
        return cls(tips, lines)

    def laid_over(self, colors: Picture, tones: Bytes, window: Window, dye: Dye) -> Picture:
        """Tips, and streaks on top of them, over the base's colours in a window."""
        if self.tips is not None and dye.tips is not None:
            colors = laid_over(colors, _painted(tones, dye.tips), self.tips[window])
        if self.streaks is not None and dye.streaks is not None:
            share = _strand_by_strand(self.streaks[window], tones)
            colors = laid_over(colors, _painted(tones, dye.streaks), share)
        return colors


def _offset(patch: Patch, tone: Tone, contrast: Gains, dye: Dye) -> Floats:
    """What has to be added to luma times the strands' contrast, around MIDDLE."""
    step = patch.grid.low - np.float32(tone.mean)
    shade = _shade(patch, step, tone, contrast, dye.spread / dye.slope)
    return shade - np.float32(contrast.strands) * step + np.float32(MIDDLE)


def _shade(patch: Patch, step: Floats, tone: Tone, contrast: Gains, unit: float) -> Floats:
    """The dyed hair's shading, in levels of grey; ``unit`` is the dye's spread in those levels."""
    depth = _depth(patch)
    shade = step * np.float32(contrast.shading)
    # At the outline light shines through: it would make a bright rim.
    shade = np.minimum(shade, shade * np.minimum(2 * depth - np.float32(0.8), 1))
    shade += (depth - _mean(depth, patch.grid.weight)) * np.float32(contrast.volume)
    # What is black in hair that is not has no strands to show: it stays in the dark.
    black = _BLACK_SHARE * tone.mean
    deeper = np.float32(_BLACK_DEPTH * unit / max(black, 1.0))
    shade -= np.maximum(np.float32(black) - patch.grid.low, 0) * deeper
    room = np.where(shade < 0, np.float32(_DEEPEST * unit), np.float32(_LIGHTEST * unit))
    return np.asarray(shade / np.sqrt(1 + (shade / room) ** 2), np.float32)


def _depth(patch: Patch) -> Floats:
    """The share of hair in a wide neighbourhood: 1 deep inside, about a half at the outline."""
    weight = patch.grid.weight
    side = 2 * (min(weight.shape) // _VOLUME_CELLS) + 1
    return np.asarray(cv2.blur(weight, (side, side), borderType=cv2.BORDER_REPLICATE))


def _mean(plane: Floats, weight: Floats) -> np.float32:
    return np.float32(float(np.vdot(plane, weight)) / max(float(weight.sum()), 1e-3))


def _tones(luma: Bytes, offset: Bytes, tone: Tone, contrast: Gains) -> Bytes:
    shift = -contrast.strands * tone.mean
    return np.asarray(cv2.addWeighted(luma, contrast.strands, offset, 1, shift), np.uint8)


def _painted(tones: Bytes, table: Table) -> Picture:
    return np.asarray(cv2.applyColorMap(tones, table), np.uint8)


def _base_colors(edge: Edge, tones: Bytes, dye: Dye) -> Picture:
    if dye.base is not None:
        return _painted(tones, dye.base)
    if dye.gloss is not None:
        return np.asarray(cv2.add(edge.hair(), _painted(tones, dye.gloss)), np.uint8)
    return edge.hair()


def _strand_by_strand(coarse: Bytes, tones: Bytes) -> Bytes:
    """How much of each pixel is streak: the strands themselves draw the streaks' edges."""
    contrast = _STREAK_EDGE / _STREAK_UNIT
    shift = MIDDLE * (1 - contrast - _STRAND_CONTRAST)
    return np.asarray(cv2.addWeighted(coarse, contrast, tones, _STRAND_CONTRAST, shift), np.uint8)
