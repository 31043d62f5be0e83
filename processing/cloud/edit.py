"""What is to be done to a photo by a model in the cloud. See Order."""

from dataclasses import dataclass
from enum import StrEnum

from media.codec import check_picture
from processing.cloud.output_picture import MOST_PX


class Quality(StrEnum):
    """How much may be spent on a picture."""

    STANDARD = "standard"
    HIGH = "high"
    ULTRA = "ultra"


class Part(StrEnum):
    """What an order can consist of."""

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
    DESCRIPTION = "description"
    """A whole picture in words."""
    ASPECT = "aspect"
    """The ratio of a picture's sides, as in ``4:5``."""


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

    @property
    def ratio(self) -> float:
        """Width by height of what is to come back. Raises PictureError."""
        photo = check_picture(self.photo, MOST_PX)
        return photo.width_px / photo.height_px
