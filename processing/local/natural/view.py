"""One frame as the natural engine's stages see it."""

from functools import cached_property

from media.frame import Picture
from processing.local.natural.planes import Bytes, grey_of


class View:
    """A picture, BGR (h, w, 3) uint8, and its luma (h, w) uint8, which is all that most stages
    need: it is made once, when the first of them asks."""

    def __init__(self, picture: Picture) -> None:
        self.picture = picture

    @cached_property
    def luma(self) -> Bytes:
        """As ITU-R BT.601 weighs the colours."""
        return grey_of(self.picture)
