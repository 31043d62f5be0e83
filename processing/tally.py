"""Who counts frames besides the session whose they are."""

from typing import Final, Protocol

from media.frame import DropCause


class Tally(Protocol):
    """Is told by a session's ledger of all that it counts. Called on the loop, for every frame, and
    so has to be quick."""

    def received(self) -> None:
        """A frame has arrived."""
        ...

    def delivered(self, latency_s: float) -> None:
        """A frame's result has been sent, so long after the frame's arrival."""
        ...

    def dropped(self, cause: DropCause) -> None:
        """A frame was given up."""
        ...

    def failed(self) -> None:
        """A frame could not be processed."""
        ...


class NoTally:
    """Nobody counts."""

    def received(self) -> None:
        """See Tally."""

    def delivered(self, latency_s: float) -> None:
        """See Tally."""

    def dropped(self, cause: DropCause) -> None:
        """See Tally."""

    def failed(self) -> None:
        """See Tally."""


NOBODY: Final = NoTally()
