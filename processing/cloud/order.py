"""What a model in the cloud can be asked for: a photo to be edited, or words to be drawn."""

from collections.abc import Mapping
from typing import Protocol

from processing.cloud.edit import Part, Quality


class Order(Protocol):
    """See Edit and Drawing."""

    @property
    def quality(self) -> Quality:
        """How much may be spent on it."""
        ...

    @property
    def values(self) -> Mapping[Part, bytes | str]:
        """The parts that there are: pictures are JPEG files, all else is words."""
        ...

    @property
    def ratio(self) -> float:
        """Width by height of the picture that is to come back. Raises PictureError for a photo
        that is none."""
        ...
