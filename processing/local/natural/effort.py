"""How much to do for a frame: less when load rises, more again when it falls.

Pure: a ladder of efforts and a hand that moves along it by the pressure.
"""

from dataclasses import dataclass

CLIMB_BELOW = 0.55
DESCEND_ABOVE = 0.8
"""Pressure between the two leaves the effort as it is, so that it does not swing."""
DESCEND_FRAMES = 3
CLIMB_FRAMES = 20
"""Frames in a row before a step: quick down, since frames are lost next; slow up."""


@dataclass(frozen=True, slots=True)
class Effort:
    """What is done at one rung. ``share`` is how much of full care that is, 0 to 1."""

    share: float
    crop_px: int
    """What the network gets to see when the head moves; a multiple of 32."""
    calm_px: int
    """The same when nothing moves."""
    moving_every: int
    """Frames from one look of the network to the next when the head moves."""
    still_every: int
    """The same when nothing moves."""
    surprised_every: int
    """The same, at least, when motion does not explain what is seen."""
    search_every: int
    """Frames from one search for more heads to the next."""
    matte_step: int
    """1: the matte at the picture's resolution, 2: at half of it."""
    coarse: bool
    """Whether colour takes less trouble over shading and faint strands."""


LADDER = (
    Effort(1.0, 192, 256, 2, 8, 1, 15, 1, False),
    Effort(0.75, 192, 256, 3, 12, 1, 20, 1, False),
    Effort(0.5, 160, 160, 3, 15, 2, 30, 2, False),
    Effort(0.25, 128, 128, 6, 20, 5, 60, 2, True),
)

_NEVER = 1_000_000
SAMPLED = Effort(1.0, 192, 256, 1, 1, 1, 10, 1, False)
"""For a film's sampled frames: the network looks."""
BETWEEN = Effort(1.0, 192, 256, _NEVER, _NEVER, _NEVER, 10, 1, False)
"""For those between them: the hair is carried along."""


class EffortLadder:
    """One client's rung."""

    def __init__(self) -> None:
        self._rung = 0
        self._pressed = 0
        self._eased = 0

    @property
    def effort(self) -> Effort:
        """What to do now."""
        return LADDER[self._rung]

    def feel(self, pressure: float) -> Effort:
        """Take in one frame's pressure (see FrameRunner) and say what to do for it."""
        self._pressed = self._pressed + 1 if pressure > DESCEND_ABOVE else 0
        self._eased = self._eased + 1 if pressure < CLIMB_BELOW else 0
        if self._pressed >= DESCEND_FRAMES and self._rung < len(LADDER) - 1:
            self._rung, self._pressed = self._rung + 1, 0
        if self._eased >= CLIMB_FRAMES and self._rung > 0:
            self._rung, self._eased = self._rung - 1, 0
        return self.effort
