"""Soft labels: what the teacher says, and what is known to be wrong in it.

The teacher's answers from several crops and their mirror pictures are averaged, which on masks
drawn by people is worth two points of IoU over any single one; their disagreement is kept and
lowers a pixel's weight. Beards, coverings and bald skin are corrected by rule (see `correct`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from processing.training.faces import Face, FaceAxes

Plane = NDArray[np.uint8]

BEARD_SHARE = 0.10
"""From this mean probability on around mouth and chin there is a beard in the label."""
LONG_BEARD_SHARE = 0.35
"""From this one on it reaches below the chin."""

SHORT_SHARE = 0.2
"""With less than this share of it below the nose, hair is short."""

TINTED, LIKELY = 25, 40
"""From these probabilities on, of 255, the teacher sees a trace of hair; takes it for likely."""

VIEWS_UNIT = 31
"""What one view adds to a label's third plane: eight of them fit into a byte."""


@dataclass(frozen=True, slots=True, eq=False)
class Label:
    """``hair``: probability 0 to 255; ``weight``: how much it counts, 0 to 255. Both (h, w)."""

    hair: Plane
    weight: Plane


def from_teacher(mean: Plane, doubt: Plane, views: Plane) -> Label:
    """The label of averaged answers, as `views.average` gives them."""
    weight = 255.0 * np.exp(-2.0 * doubt.astype(np.float32) / 255.0)
    weight[views == 0] = 0
    return Label(mean, weight.astype(np.uint8))


def correct(label: Label, face: Face, mark: str | None) -> Label:
    """The label without beard and, if the picture is marked so, without covering or bald skin."""
    down, across = FaceAxes.of(face).grid(label.hair.shape)
    hair, weight = label.hair.copy(), label.weight.copy()
    _shave(hair, weight, down, across)
    _cut_short(hair, weight, down, across)
    if mark == "hat":
        _uncover(hair, weight, down)
    if mark == "bald_bad":
        _polish(hair, weight, down, across)
    return Label(hair, weight)


def _shave(
    hair: Plane, weight: Plane, down: NDArray[np.float32], across: NDArray[np.float32]
) -> None:
    """Nothing around mouth and chin is hair of the head; around a beard nothing is sure."""
    reach = np.hypot((down - 1.3) / 0.85, across / 0.75)
    inner = reach < 1
    share = float(hair[inner].mean()) / 255 if inner.any() else 0.0
    if share >= BEARD_SHARE:
        ring = (reach >= 1) & (np.hypot((down - 1.25) / 1.35, across / 1.25) < 1) & (down > 0.1)
        weight[ring & (hair > LIKELY)] = 0
    if share >= LONG_BEARD_SHARE:
        hair[(down > 1.3) & (down < 3.2) & (np.abs(across) < 0.6)] = 0
        below = (down > 1.6) & (down < 4.5) & (np.abs(across) < 1.5)
        weight[below & (hair > LIKELY)] = 0
    hair[inner] = 0


def _cut_short(
    hair: Plane, weight: Plane, down: NDArray[np.float32], across: NDArray[np.float32]
) -> None:
    """Where little hair lies below the nose, it is a jaw in shadow or a collar: nobody knows.

    What lies further to the side is the nape of a head that is turned.
    """
    total, low = float(hair.sum()), down > 0.6
    if total > 0 and float(hair[low].sum()) / total < SHORT_SHARE:
        weight[low & (hair > TINTED) & (np.abs(across) < 1.5)] = 0


def _uncover(hair: Plane, weight: Plane, down: NDArray[np.float32]) -> None:
    """Above the brows is covering; where it ends is unsure; what hangs below may be hair."""
    hair[down < -0.8] = 0
    unsure = (down >= -0.8) & (down < -0.15)
    weight[unsure & (hair > TINTED)] = 0
    lower = down >= -0.15
    weight[lower & (hair > LIKELY)] //= 3


def _polish(
    hair: Plane, weight: Plane, down: NDArray[np.float32], across: NDArray[np.float32]
) -> None:
    """Above the brows is skin; a fringe at the sides may be hair."""
    tinted = hair > TINTED
    skin = (down < 0.0) & (np.abs(across) < 0.95)
    hair[skin] = 0
    weight[tinted & ~skin] //= 4
