"""When a picture was captured, by the client's own clock: from the timestamp it comes back with.

The client reports which moment of its clock belongs to which of its timestamps (RTCP sender
reports, RFC 3550), and gets back what belongs to the timestamps that it is sent. Pure.
"""

from collections.abc import Callable
from dataclasses import dataclass

TIMESTAMPS = 1 << 32
NTP_TO_UNIX_S = 2_208_988_800
"""From 1900 to 1970."""


@dataclass(frozen=True, slots=True)
class CapturePair:
    """``rtp``, 32 bits, as pictures come back with it, and that moment in ms since 1970."""

    rtp: int
    at_ms: float


class CaptureClock:
    """Learns both halves, and puts them together; ``added`` is what has been added to the client's
    timestamps until now, by a stream that began anew."""

    def __init__(self, added: Callable[[], int] = lambda: 0) -> None:
        self._added = added
        self._reported: tuple[int, int] | None = None
        self._offset: int | None = None

    def hear_report(self, ntp: int, rtp: int) -> None:
        """The client's report: its clock (NTP, 64 bits) and its RTP timestamp."""
        self._reported = ntp, rtp

    def see_sent(self, taken: int, sent: int) -> None:
        """What came in with one timestamp went out with another; the distance stays the same."""
        self._offset = (sent - taken) % TIMESTAMPS

    @property
    def is_set(self) -> bool:
        """Whether the distance is known."""
        return self._offset is not None

    @property
    def pair(self) -> CapturePair | None:
        """What the client is told; None while it is not known."""
        if self._reported is None or self._offset is None:
            return None
        ntp, rtp = self._reported
        at_s = (ntp >> 32) - NTP_TO_UNIX_S + (ntp & 0xFFFFFFFF) / (1 << 32)
        return CapturePair((rtp + self._added() + self._offset) % TIMESTAMPS, at_s * 1000.0)
