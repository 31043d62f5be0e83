"""Which keyframes count for a frame, and how much: it never changes at once. Pure."""

from collections.abc import Mapping
from typing import Final

import numpy as np

SOFTNESS: Final = 0.04
"""A keyframe whose face is less like the frame's by this counts for 1/e of the likest one."""
NEARNESS, SPAN_FRAMES = 0.05, 150
"""A keyframe so many frames off counts as one that is so much less alike."""
STEP: Final = 0.125
"""By so much a share may change from one frame to the next."""
LEAST: Final = 0.02
MOST_AT_ONCE: Final = 2


class Mixer:
    """The shares of one head's keyframes, from frame to frame."""

    def __init__(self) -> None:
        self._shares: dict[int, float] = {}

    def forget(self) -> None:
        """Another scene begins."""
        self._shares = {}

    def mix(self, index: int, likeness: Mapping[int, float]) -> dict[int, float]:
        """The shares, 0 to 1 and together 1, by the keyframes' indices, for a frame to which the
        keyframes are so like. Empty where there are none."""
        wanted = _wanted(index, likeness)
        if not self._shares:
            self._shares = wanted
            return wanted
        every = {key for key in (*self._shares, *wanted) if key in likeness}
        steps = {key: wanted.get(key, 0.0) - self._shares.get(key, 0.0) for key in sorted(every)}
        largest = max((abs(step) for step in steps.values()), default=0.0)
        part = min(1.0, STEP / largest) if largest else 1.0
        mixed = {key: self._shares.get(key, 0.0) + part * step for key, step in steps.items()}
        self._shares = _whole({key: share for key, share in mixed.items() if share > LEAST / 2})
        return self._shares


def _wanted(index: int, likeness: Mapping[int, float]) -> dict[int, float]:
    scores = {
        key: alike - NEARNESS * min(1.0, abs(index - key) / SPAN_FRAMES)
        for key, alike in likeness.items()
    }
    best = sorted(scores, key=lambda key: (-scores[key], key))[:MOST_AT_ONCE]
    shares = {key: float(np.exp((scores[key] - scores[best[0]]) / SOFTNESS)) for key in best}
    whole = _whole(shares)
    return _whole({key: share for key, share in whole.items() if share > LEAST})


def _whole(shares: Mapping[int, float]) -> dict[int, float]:
    total = sum(shares.values())
    return {key: share / total for key, share in shares.items()} if total else {}
