"""Which missing packets to ask for again: what was asked for once may be lost once more. Pure."""

from collections.abc import Sequence

ASK_AGAIN_S = 0.05
"""A round trip of a good network; on a slower one a packet may come twice, which does no harm."""
MAX_ASKED = 64
"""At once: more are not waited for, a key frame is."""


class MissingPackets:
    """Remembers when each missing packet was last asked for; places as the assembler counts them.

    That a packet is missing has just been seen when it is first named here: by then it has been
    asked for once.
    """

    def __init__(self) -> None:
        self._asked_s: dict[int, float] = {}

    def due(self, missing: Sequence[int], now_s: float) -> list[int]:
        """Those to be asked for again now; what is no longer missing is forgotten."""
        asked = {place: self._asked_s.get(place, now_s) for place in missing[:MAX_ASKED]}
        due = [place for place, at_s in asked.items() if now_s - at_s >= ASK_AGAIN_S]
        asked.update(dict.fromkeys(due, now_s))
        self._asked_s = asked
        return due
