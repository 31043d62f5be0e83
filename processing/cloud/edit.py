"""What is to be done to a photo by a model in the cloud."""

from dataclasses import dataclass
from enum import StrEnum


class Quality(StrEnum):
    """How much may be spent on a picture."""

    STANDARD = "standard"
    HIGH = "high"
    ULTRA = "ultra"


class Part(StrEnum):
    """What an edit can consist of."""

    PHOTO = "photo"
    """The user's own picture."""
    STYLE = "style"
    """A picture whose haircut is to be taken over."""
    COLOR_PHOTO = "color_photo"
    """A picture whose colour of hair is to be taken over."""
    HAIRCUT = "haircut"
    """A haircut in words."""
    COLOR = "color"
    """A colour of hair in words."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A photo and what is asked for. Pictures are JPEG files; words are as the model knows them."""

    photo: bytes
    style: bytes | None = None
    color_photo: bytes | None = None
    haircut: str | None = None
    color: str | None = None
    quality: Quality = Quality.STANDARD

    @property
    def values(self) -> dict[Part, bytes | str]:
        """The parts that there are."""
        given = {
            Part.PHOTO: self.photo,
            Part.STYLE: self.style,
            Part.COLOR_PHOTO: self.color_photo,
            Part.HAIRCUT: self.haircut,
            Part.COLOR: self.color,
        }
        return {part: value for part, value in given.items() if value}
