"""The tone of the hair as it is: how light, and how much shading and strands vary it.

Shading is what is left of the lightness after blurring over a strand's width; strands are the
rest. Lightness is the luma of the picture (0 to 255), which is nearly linear in L*.
"""

from dataclasses import dataclass

import numpy as np

from processing.local.natural.palette import slope_at
from processing.local.natural.planes import Floats

LEAST_WEIGHT_PX = 1.0
"""A matte with less hair than this has no tone of its own."""

_STRANDS_LEAST, _STRANDS_HELD, _STRANDS_MOST = 0.67, 0.8, 1.25
"""What the strands' contrast (in L*) may be multiplied by: less is paint, more shows the noise.
It is held at the second while it costs no more than ``_HELD_SHARE`` of the spread."""

_SHADING_LEAST, _SHADING_MOST = 0.22, 2.4
"""What the shading's contrast may be multiplied by, of what the strands' is."""

_HELD_SHARE = 0.95

_VOLUME_SHARE, _VOLUME = 0.6, 3.0
"""The part of the spread that shading should have, and the outline's shade per L* it lacks."""

_STRANDS_SHARE = 0.75
"""How much of the spread (as a standard deviation) strands may take before shading has its part."""


@dataclass(frozen=True, slots=True)
class Tone:
    """Mean luma of the hair, and the standard deviations of its shading and of its strands."""

    mean: float
    shading: float
    strands: float

    @classmethod
    def measure(cls, luma: Floats, low: Floats, weight: Floats) -> "Tone | None":
        """From samples of the luma, of its low-pass, and of the hair's share (0..1), one shape.

        None if there is hardly any hair.
        """
        total = float(weight.sum())
        if total < LEAST_WEIGHT_PX:
            return None
        mean = float(np.vdot(weight, low)) / total
        shade, detail = low - np.float32(mean), luma - low
        shading = float(np.vdot(weight, shade * shade)) / total
        strands = float(np.vdot(weight, detail * detail)) / total
        return cls(mean, shading**0.5, strands**0.5)

    def towards(self, other: "Tone", share: float) -> "Tone":
        """This tone moved by ``share`` (0..1) of the way to another."""
        return Tone(
            self.mean + share * (other.mean - self.mean),
            self.shading + share * (other.shading - self.shading),
            self.strands + share * (other.strands - self.strands),
        )


@dataclass(frozen=True, slots=True)
class Gains:
    """What the contrast of shading and of strands is multiplied by, in levels of grey.

    ``volume`` is the shade, in levels, to add at the outline of hair that has too little itself.
    """

    shading: float
    strands: float
    volume: float


def gains(tone: Tone, spread: float, slope: float) -> Gains:
    """The contrast that gives hair of this tone a spread of L* in a dye.

    ``spread`` is the standard deviation of L* that is wanted, ``slope`` the dye's L* per level of
    grey. Strands come first, and shading gets what is left.
    """
    source = slope_at(tone.mean)
    strands_l, shading_l = max(tone.strands * source, 0.3), max(tone.shading * source, 0.3)
    held = min(max(_HELD_SHARE * spread / strands_l, _STRANDS_LEAST), _STRANDS_HELD)
    strands = min(max(_STRANDS_SHARE * spread / strands_l, held), _STRANDS_MOST)
    left = max(spread**2 - (strands * strands_l) ** 2, 0.0) ** 0.5
    shading = min(max(left / shading_l, _SHADING_LEAST * strands), _SHADING_MOST * strands)
    missing = max((_VOLUME_SHARE * spread) ** 2 - (shading * shading_l) ** 2, 0.0) ** 0.5
    return Gains(shading * source / slope, strands * source / slope, _VOLUME * missing / slope)


class ToneMeter:
    """The tone of one client's hair, smoothed from frame to frame."""

    SHARE_PER_FRAME = 0.2
    """At 30 frames/s a change of light is followed to nine tenths within a third of a second."""

    def __init__(self) -> None:
        self._tone: Tone | None = None

    def update(self, measured: Tone) -> Tone:
        """Take in one frame's tone; the first one is believed as it is."""
        if self._tone is not None:
            measured = self._tone.towards(measured, self.SHARE_PER_FRAME)
        self._tone = measured
        return measured
