"""Which missing packets to ask for: what was asked for once may be lost once more. Pure."""

from collections.abc import Sequence

ASK_AGAIN_S = 0.05
"""A round trip of a good network."""
MOST_ASKED = 64
"""At once: more are not waited for, a key frame is."""
MOST_TIMES = 8
"""For each packet: a sender that has not sent it again by then will not."""


class MissingPackets:
    """Remembers how often each missing packet was asked for, and when; places as the assembler
    counts them."""

    def __init__(self) -> None:
        self.again_s = ASK_AGAIN_S
        self._asked: dict[int, tuple[int, float]] = {}

    def due(self, missing: Sequence[int], now_s: float) -> list[int]:
        """Those to be asked for now; what is no longer missing is forgotten."""
        asked = {place: self._asked.get(place, (0, now_s)) for place in missing[:MOST_ASKED]}
        due = [
            place for place, (times, due_s) in asked.items() if self._is_due(times, due_s, now_s)
        ]
        for place in due:
            asked[place] = asked[place][0] + 1, now_s + self.again_s
        self._asked = asked
        return due

    def _is_due(self, times: int, due_s: float, now_s: float) -> bool:
        return times < MOST_TIMES and now_s >= due_s
