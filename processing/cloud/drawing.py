"""What is to be drawn from words alone by a model in the cloud. See Order."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from processing.cloud.edit import Part, Quality

_PORTRAIT: Final = (
    "Studio portrait photo of one person with this hair: {words}. "
    "Head and shoulders, facing the camera, all of the hair in the picture, "
    "soft even light, plain light background."
)


class Aspect(StrEnum):
    """Shapes of a portrait: width by height."""

    SQUARE = "1:1"
    FOUR_BY_FIVE = "4:5"
    THREE_BY_FOUR = "3:4"
    TWO_BY_THREE = "2:3"


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture that is described in words."""

    description: str
    aspect: Aspect = Aspect.SQUARE
    quality: Quality = Quality.STANDARD

    @property
    def values(self) -> dict[Part, bytes | str]:
        """See Order."""
        return {Part.DESCRIPTION: self.description, Part.ASPECT: self.aspect.value}

    @property
    def ratio(self) -> float:
        """See Order."""
        width, _, height = self.aspect.partition(":")
        return int(width) / int(height)


def portrait(words: str, aspect: Aspect, quality: Quality) -> Drawing:
    """A photo of somebody whose hair these words describe, of which hair can be taken over."""
    return Drawing(_PORTRAIT.format(words=words), aspect, quality)
