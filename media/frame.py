"""What a frame is on its way: encoded as it arrived, then a picture of pixels, or dropped."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Picture: TypeAlias = NDArray[np.uint8]
"""Height x width x 3, uint8, C-contiguous, channels in the order blue, green, red."""


class DropCause(StrEnum):
    """Why a frame was not processed. Every drop has exactly one cause and is counted under it."""

    OVERFLOW = "overflow"
    """The mailbox was full and this was its oldest frame."""
    STALE = "stale"
    """Older than twice the target latency when its turn came."""
    OVERLOAD = "overload"
    """Processing takes longer than the target and more than five frames waited."""
    LATE = "late"
    """It, or a newer frame behind it, could not have been delivered within the target."""
    SUPERSEDED = "superseded"
    """The backlog does not drain, so waiting in it buys nothing: only the newest goes on."""
    RATE_LIMITED = "rate_limited"
    """Above the session's limit of frames a minute."""
    CLOSED = "closed"
    """The session ended before its turn came."""


@dataclass(frozen=True, slots=True)
class EncodedFrame:
    """A frame as it came from a client: nothing of it is decoded until its turn has come.

    ``payload`` is the JPEG itself, or its base64 text (a ``data:`` URL is allowed) where the
    client speaks JSON. ``arrived_s`` is the monotonic time of its arrival.
    """

    frame_id: str
    payload: bytes | str
    arrived_s: float

    @property
    def size_bytes(self) -> int:
        """What it occupies while it waits (base64 text is one byte a character)."""
        return len(self.payload)
