"""A look: all that a client can ask to be done to the hair."""

import re
from dataclasses import dataclass, replace
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError, WithJsonSchema

from media.frame import Picture
from processing.shades import SHADES, Shade, find_shade

Bgr: TypeAlias = tuple[int, int, int]
"""Blue, green, red, 0 to 255 each, in sRGB."""

_HEX = re.compile(r"#[0-9a-fA-F]{6}")


_REASONS = {
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "extra_forbidden": "there is no such field",
}
"""Words of our own for what pydantic would tell in terms of our classes."""


class LookError(ValueError):
    """The look that was asked for cannot be; the text says which part and why."""


ColorText: TypeAlias = Annotated[
    str,
    Field(max_length=64),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": f"^{_HEX.pattern}$"},
                {"enum": [shade.name for shade in SHADES]},
            ]
        }
    ),
]
"""``#rrggbb`` or a shade's name, not looked up yet."""
Fraction: TypeAlias = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]


class _Values(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class OmbreValues(_Values):
    """See Ombre."""

    tips: ColorText
    roots: ColorText | None = None
    position: Fraction = 0.5
    softness: Fraction = 0.5


class HighlightsValues(_Values):
    """See Highlights."""

    color: ColorText
    amount: Fraction = 0.4


class LookValues(_Values):
    """The part of a look that is written in JSON (``data.look`` of ``set_look``).

    ``engine`` empty means the server's default.
    """

    engine: Annotated[str, Field(max_length=32)] | None = None
    color: ColorText | None = None
    intensity: Fraction = 1.0
    shine: Fraction = 0.0
    ombre: OmbreValues | None = None
    highlights: HighlightsValues | None = None


@dataclass(frozen=True, slots=True)
class Ombre:
    """A colour that runs from the roots to the tips.

    ``roots`` None means the look's own colour, or, where it has none, the hair's. ``position`` is
    where between roots (0) and tips (1) the middle of the transition lies; ``softness`` runs from
    0 (a hard edge) to 1 (all of the length).
    """

    tips: Bgr
    roots: Bgr | None = None
    position: float = 0.5
    softness: float = 0.5


@dataclass(frozen=True, slots=True)
class Highlights:
    """Streaks of another colour; ``amount`` is the share of the strands, 0 to 1."""

    color: Bgr
    amount: float = 0.4


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What an engine is to do: values and the reference photos that go with them.

    ``color`` is the sRGB target; ``style`` and ``color_photo`` are pictures whose hair or colour
    is to be taken over. ``intensity`` runs from 0 (nothing changes) to 1, ``shine`` from 0 (as the
    hair is) to 1 (the most gloss).
    """

    engine: str
    color: Bgr | None = None
    shade: str | None = None
    intensity: float = 1.0
    shine: float = 0.0
    ombre: Ombre | None = None
    highlights: Highlights | None = None
    style: Picture | None = None
    color_photo: Picture | None = None

    @property
    def parts(self) -> tuple[str, ...]:
        """What is asked for: of ``style``, ``color``, ``shine``, ``ombre`` and ``highlights``."""
        asked = {
            "style": self.style is not None,
            "color": self.color is not None or self.color_photo is not None,
            "shine": self.shine > 0.0,
            "ombre": self.ombre is not None,
            "highlights": self.highlights is not None,
        }
        return tuple(part for part, is_asked in asked.items() if is_asked)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to apply: such a frame goes back untouched."""
        return not self.parts or self.intensity == 0.0

    def values(self) -> LookValues:
        """The JSON part, from which the same look can be made again."""
        described = self.describe()
        described["color"] = described.pop("shade") or described["color"]
        del described["style_image"], described["color_image"]
        return LookValues.model_validate(described)

    def describe(self) -> dict[str, Any]:
        """The look in full, as ``look_set`` shows it; all colours as ``#rrggbb``."""
        ombre, highlights = self.ombre, self.highlights
        return {
            "engine": self.engine,
            "color": hex_of(self.color) if self.color else None,
            "shade": self.shade,
            "intensity": self.intensity,
            "shine": self.shine,
            "ombre": _describe_ombre(ombre) if ombre else None,
            "highlights": _describe_highlights(highlights) if highlights else None,
            "style_image": self.style is not None,
            "color_image": self.color_photo is not None,
        }

    def with_values(self, values: LookValues, engine: str) -> "Look":
        """This look with its JSON part replaced; a colour takes the place of a colour photo.

        Raises LookError, naming the field, for a colour that is none.
        """
        color, shade = parse_color(values.color) if values.color is not None else (None, None)
        return replace(
            self,
            engine=engine,
            color=color,
            shade=shade.name if shade else None,
            intensity=float(values.intensity),
            shine=float(values.shine),
            ombre=_ombre_of(values.ombre) if values.ombre else None,
            highlights=_highlights_of(values.highlights) if values.highlights else None,
            color_photo=self.color_photo if color is None else None,
        )

    def with_style(self, style: Picture) -> "Look":
        """This look with a style photo."""
        return replace(self, style=style)

    def with_color_photo(self, photo: Picture) -> "Look":
        """This look with a colour photo, which takes the place of a colour."""
        return replace(self, color_photo=photo, color=None, shade=None)


def parse_values(data: object) -> LookValues:
    """Check ``data.look`` of a ``set_look`` message.

    Raises LookError, naming the field that is wrong.
    """
    try:
        return LookValues.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part)[:32] for part in first["loc"]) or "look"
        raise LookError(f"{place}: {_REASONS.get(first['type'], first['msg'])}") from None


def parse_color(text: str, field: str = "color") -> tuple[Bgr, Shade | None]:
    """``#rrggbb`` or a shade's name as (blue, green, red) and the shade, if it is one.

    Raises LookError for anything else, naming the field.
    """
    if _HEX.fullmatch(text):
        return bgr_of(text), None
    shade = find_shade(text)
    if shade is None:
        raise LookError(f"{field}: neither #rrggbb nor a known shade: {text[:64]!r}")
    return bgr_of(shade.color), shade


def bgr_of(color: str) -> Bgr:
    """``#rrggbb`` as (blue, green, red)."""
    return int(color[5:7], 16), int(color[3:5], 16), int(color[1:3], 16)


def hex_of(color: Bgr) -> str:
    """(blue, green, red) as ``#rrggbb``."""
    blue, green, red = color
    return f"#{red:02x}{green:02x}{blue:02x}"


def _ombre_of(values: OmbreValues) -> Ombre:
    tips, _ = parse_color(values.tips, "ombre.tips")
    roots = None if values.roots is None else parse_color(values.roots, "ombre.roots")[0]
    return Ombre(tips, roots, float(values.position), float(values.softness))


def _highlights_of(values: HighlightsValues) -> Highlights:
    color, _ = parse_color(values.color, "highlights.color")
    return Highlights(color, float(values.amount))


def _describe_ombre(ombre: Ombre) -> dict[str, Any]:
    return {
        "tips": hex_of(ombre.tips),
        "roots": hex_of(ombre.roots) if ombre.roots else None,
        "position": ombre.position,
        "softness": ombre.softness,
    }


def _describe_highlights(highlights: Highlights) -> dict[str, Any]:
    return {"color": hex_of(highlights.color), "amount": highlights.amount}
