"""Who looks at some of the frames, step by step."""

from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from media.frame import DropCause
from media.mailbox import Waiting

F_contra = TypeVar("F_contra", bound=Waiting, contravariant=True)
R_contra = TypeVar("R_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Steps:
    """When what happened to a frame, by the monotonic clock: a worker began with it, and was done;
    it was handed over on the loop, and its outcome was sent."""

    started_s: float
    processed_s: float
    handed_s: float
    sent_s: float


class Watch(Protocol[F_contra, R_contra]):
    """Called on the loop, and so has to be quick."""

    def wants(self) -> bool:
        """Whether the frame that has just been decided on is one that is looked at. Asked of every
        frame."""
        ...

    def delivered(self, frame: F_contra, result: R_contra, steps: Steps) -> None:
        """Its result has been sent."""
        ...

    def dropped(self, frame: F_contra, cause: DropCause, now_s: float) -> None:
        """It was given up."""
        ...

    def failed(self, frame: F_contra, error: Exception, steps: Steps) -> None:
        """It could not be processed."""
        ...


class NoWatch:
    """Nobody looks."""

    def wants(self) -> bool:
        """See Watch."""
        return False

    def delivered(self, frame: object, result: object, steps: Steps) -> None:
        """See Watch."""

    def dropped(self, frame: object, cause: DropCause, now_s: float) -> None:
        """See Watch."""

    def failed(self, frame: object, error: Exception, steps: Steps) -> None:
        """See Watch."""


UNWATCHED: Final = NoWatch()
"""Nobody looks."""
