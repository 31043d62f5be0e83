"""What lies behind the hair: it moves with the camera and the body, and not with the head."""

from typing import Final

import cv2
import numpy as np

from processing.cloud.carry.key import BARE, Key
from processing.cloud.carry.planes import places
from processing.cloud.paste import tone
from processing.cloud.paste.affine import Affine, moved, scaling
from processing.local.natural.planes import Bytes, Floats, blurred, fetched
from processing.local.natural.view import View

SIDE_PX: Final = 256
"""The longer side of the pictures between which motion is measured."""
TRUST_LEVELS: Final = 20.0
"""What is left of a pixel's difference when the motion is undone is trusted at 1/e."""
TRUST_PX: Final = 5
HAIR_PX: Final = 5
"""So near to hair the motion is the hair's."""


class Ground:
    """Follows what is behind one keyframe's hair through a film."""

    def __init__(self, key: Key) -> None:
        height, width = key.own.shape
        self._factor = min(1.0, SIDE_PX / max(height, width))
        size = (max(1, round(width * self._factor)), max(1, round(height * self._factor)))
        self._size = size
        self.to_small: Affine = scaling(self._factor)
        self._luma = moved(key.own.view.luma, self.to_small, size)
        self._hair = moved(key.own.alpha, self.to_small, size)
        self._places = places(size)
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)

    def flow(self, view: View, alpha: Bytes) -> Floats:
        """By how many of the frame's pixels its places are off from the keyframe's, where there is
        hair as around it: float32 (rows, columns, 2), for the frame made small."""
        luma = moved(view.luma, self.to_small, self._size)
        hair = moved(alpha, self.to_small, self._size)
        start = np.zeros((*luma.shape, 2), np.float32)
        raw = np.asarray(self._flow.calc(luma, self._luma, start), np.float32)
        sources = self._places + raw
        hidden = cv2.max(hair, fetched(self._hair, sources))
        clear = cv2.dilate(hidden, np.ones((HAIR_PX, HAIR_PX), np.uint8)) <= BARE
        left = blurred(
            np.asarray(cv2.absdiff(fetched(self._luma, sources), luma), np.uint8), TRUST_PX
        )
        trust = np.exp(-np.square(left.astype(np.float32) / TRUST_LEVELS)) * clear
        known = np.asarray(trust, np.float32)
        planes = np.dstack([raw, np.zeros_like(known)])
        spread = tone.spread_out(np.asarray(planes, np.float32), known)[..., :2]
        return np.asarray(spread / np.float32(self._factor), np.float32)
