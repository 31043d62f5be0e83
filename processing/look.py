"""A look: all that a client can ask to be done to the hair."""

import re
from dataclasses import dataclass, replace
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from media.frame import Picture
from processing.shades import Shade, find_shade

Bgr: TypeAlias = tuple[int, int, int]
"""Blue, green, red, 0 to 255 each, in sRGB."""

_HEX = re.compile(r"#[0-9a-fA-F]{6}")


class LookError(ValueError):
    """The look that was asked for cannot be; the text says which part and why."""


class LookValues(BaseModel):
    """The part of a look that is written in JSON (``data.look`` of ``set_look``).

    ``color`` is ``#rrggbb`` or a shade's name; ``engine`` empty means the server's default.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    engine: Annotated[str, Field(max_length=32)] | None = None
    color: Annotated[str, Field(max_length=64)] | None = None
    intensity: Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)] = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What an engine is to do: values and the reference photos that go with them.

    ``color`` is the sRGB target; ``style`` and ``color_photo`` are pictures whose hair or colour
    is to be taken over. ``intensity`` runs from 0 (nothing changes) to 1.
    """

    engine: str
    color: Bgr | None = None
    shade: str | None = None
    intensity: float = 1.0
    style: Picture | None = None
    color_photo: Picture | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to apply: such a frame goes back untouched."""
        nothing = self.color is None and self.style is None and self.color_photo is None
        return nothing or self.intensity == 0.0

    def values(self) -> LookValues:
        """The JSON part, from which the same look can be made again."""
        color = self.shade or (hex_of(self.color) if self.color else None)
        return LookValues(engine=self.engine, color=color, intensity=self.intensity)

    def describe(self) -> dict[str, Any]:
        """The look in full, as ``look_set`` shows it."""
        return {
            "engine": self.engine,
            "color": hex_of(self.color) if self.color else None,
            "shade": self.shade,
            "intensity": self.intensity,
            "style_image": self.style is not None,
            "color_image": self.color_photo is not None,
        }

    def with_values(self, values: LookValues, engine: str) -> "Look":
        """This look with its JSON part replaced; a colour takes the place of a colour photo."""
        color, shade = parse_color(values.color) if values.color is not None else (None, None)
        photo = self.color_photo if color is None else None
        return replace(
            self,
            engine=engine,
            color=color,
            shade=shade.name if shade else None,
            intensity=float(values.intensity),
            color_photo=photo,
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
        raise LookError(f"{place}: {first['msg']}") from None


def parse_color(text: str) -> tuple[Bgr, Shade | None]:
    """``#rrggbb`` or a shade's name as (blue, green, red) and the shade, if it is one.

    Raises LookError for anything else.
    """
    if _HEX.fullmatch(text):
        return bgr_of(text), None
    shade = find_shade(text)
    if shade is None:
        raise LookError(f"color: neither #rrggbb nor a known shade: {text[:64]!r}")
    return bgr_of(shade.color), shade


def bgr_of(color: str) -> Bgr:
    """``#rrggbb`` as (blue, green, red)."""
    return int(color[5:7], 16), int(color[3:5], 16), int(color[1:3], 16)


def hex_of(color: Bgr) -> str:
    """(blue, green, red) as ``#rrggbb``."""
    blue, green, red = color
    return f"#{red:02x}{green:02x}{blue:02x}"
