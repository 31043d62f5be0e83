"""Why of a picture no hair can be taken, or none put into it."""

from enum import StrEnum


class Unfit(StrEnum):
    """What is wrong with a photo, or with what a model made of it."""

    NO_HEAD = "no_head"
    """Nobody is seen in it."""
    SEVERAL_HEADS = "several_heads"
    """It is not said whose hair is meant."""
    TOO_DIFFERENT = "too_different"
    """The edit is a picture of another face, pose or place: it does not fit onto the photo."""
    UNCHANGED = "unchanged"
    """The edit shows the photo's own hair."""


class UnfitPicture(ValueError):
    """Raised in the place of a result that would not be the user's picture with other hair."""

    def __init__(self, reason: Unfit) -> None:
        super().__init__(reason.value)
        self.reason = reason
