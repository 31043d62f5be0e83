"""What the person in the picture could do better."""

from collections.abc import Sequence

import cv2

from media.frame import Picture
from processing.engine import Advice
from processing.local.natural.heads import Head

DARK_LEVEL = 38
"""Mean grey level of a face, or of a picture without one, below which there is too little light."""
FAR_SHARE = 0.12
"""Share of the picture's height below which a face is too small to be dyed well."""


def advise(picture: Picture, heads: Sequence[Head]) -> tuple[Advice, ...]:
    """The advice for a BGR picture with these heads, the most pressing first."""
    advice = []
    if not heads:
        advice.append(Advice.NO_HEAD)
    if _is_dark(picture, heads):
        advice.append(Advice.TOO_DARK)
    if heads and max(head.height for head in heads) < FAR_SHARE * picture.shape[0]:
        advice.append(Advice.TOO_FAR)
    if len(heads) > 1:
        advice.append(Advice.SEVERAL_HEADS)
    return tuple(advice)


def _is_dark(picture: Picture, heads: Sequence[Head]) -> bool:
    if not heads:
        return _level(picture) < DARK_LEVEL
    head = max(heads, key=lambda one: one.height)
    half = max(1.0, head.height * 0.3)
    top, left = max(0, int(head.cy - half)), max(0, int(head.cx - half))
    bottom, right = max(0, int(head.cy + half) + 1), max(0, int(head.cx + half) + 1)
    face = picture[top:bottom, left:right]
    return bool(face.size) and _level(face) < DARK_LEVEL


def _level(picture: Picture) -> float:
    """Mean grey level of every eighth pixel or so."""
    step = max(1, min(picture.shape[:2]) // 32)
    blue, green, red, _ = cv2.mean(picture[::step, ::step])
    return 0.114 * blue + 0.587 * green + 0.299 * red
