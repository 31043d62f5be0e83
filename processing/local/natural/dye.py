"""A dye: a look made ready to be applied to frames."""

from dataclasses import dataclass

from processing.local.natural.palette import Swatch, Table, gloss_of, table_of
from processing.local.natural.reference import HairColour
from processing.look import Look


@dataclass(frozen=True, slots=True, eq=False)
class Dye:
    """Palettes and where they go. ``base`` None leaves the hair its own colour, with ``gloss``
    added to it; ``tips`` and ``streaks`` lie over the base.

    ``spread`` is the standard deviation of L* to aim at and ``slope`` the L* per level of grey
    around the dye's lightness. ``position`` and ``softness`` are an ombre's, ``amount`` the
    share of strands that are streaks, all from 0 to 1.
    """

    intensity: float
    spread: float
    slope: float
    base: Table | None
    gloss: Table | None
    tips: Table | None
    position: float
    softness: float
    streaks: Table | None
    amount: float

    @property
    def is_empty(self) -> bool:
        """Whether nothing would change: a reference photo, say, that had no hair to take over."""
        layers = (self.base, self.gloss, self.tips, self.streaks)
        return self.intensity == 0 or all(layer is None for layer in layers)

    @classmethod
    def of(cls, look: Look, reference: HairColour | None = None) -> "Dye":
        """Prepare a look; ``reference`` is the measured hair of its colour photo.

        The look's own colours go before the photo's. Takes a few milliseconds.
        """
        base, tips, streaks = _base(look, reference), _tips(look, reference), _streaks(look)
        leading = base or tips or streaks or Swatch.of((128, 128, 128))
        ombre, highlights = look.ombre, look.highlights
        measured = reference.position if reference else 0.5
        amount = highlights.amount if highlights else 0.0
        return cls(
            intensity=look.intensity,
            spread=leading.spread,
            slope=leading.slope,
            base=table_of(base, look.shine) if base else None,
            gloss=gloss_of(look.shine) if base is None and look.shine > 0 else None,
            tips=table_of(tips, look.shine) if tips else None,
            position=ombre.position if ombre else measured,
            softness=ombre.softness if ombre else 0.5,
            streaks=table_of(streaks, look.shine) if streaks and amount > 0 else None,
            amount=amount,
        )


def _base(look: Look, reference: HairColour | None) -> Swatch | None:
    color = look.ombre.roots if look.ombre and look.ombre.roots else look.color
    if color is not None:
        return Swatch.of(color)
    return swatch_of(reference) if reference else None


def _tips(look: Look, reference: HairColour | None) -> Swatch | None:
    if look.ombre is not None:
        return Swatch.of(look.ombre.tips)
    taken_over = look.color is None and reference is not None and reference.tips is not None
    return swatch_of(reference.tips) if taken_over and reference and reference.tips else None


def _streaks(look: Look) -> Swatch | None:
    return Swatch.of(look.highlights.color) if look.highlights else None


def swatch_of(hair: HairColour) -> Swatch:
    """Measured hair as a swatch that keeps its contrast and its change of hue with lightness."""
    _, a, b = hair.levels.mean(axis=0)
    return Swatch(hair.lightness, float(a), float(b), hair.spread, hair.levels)
