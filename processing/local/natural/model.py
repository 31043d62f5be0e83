"""The hair network as the engine runs it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from media.frame import Picture
from processing.local.natural.runtime import InferenceSession, open_session

Networks: TypeAlias = Literal["all", "clean"]
"""What the networks learned from: all pictures there were, or only those with clear rights."""
STEP_PX = 32
"""Sides of what the networks take are multiples of this."""


@dataclass(frozen=True, slots=True, eq=False)
class Segmentation:
    """What the network saw in a crop of s px, float32 0 to 1: ``hair`` (s/2, s/2) and, to follow
    the head by, ``face`` (s/8, s/8), an ellipse where the face is."""

    hair: NDArray[np.float32]
    face: NDArray[np.float32]


class Segmenter(Protocol):
    """Whatever finds hair and face in a crop."""

    def segment(self, crop: Picture) -> Segmentation:
        """Look at a (s, s, 3) uint8 BGR crop around a head; s is a multiple of 32."""
        ...


def mirrored(segmenter: Segmenter, crop: Picture) -> Segmentation:
    """What is seen in a crop's mirror picture, turned back: as likely, but wrong elsewhere."""
    seen = segmenter.segment(np.ascontiguousarray(crop[:, ::-1]))
    return Segmentation(seen.hair[:, ::-1], seen.face[:, ::-1])


class HairModel:
    """The shipped hair network. Shared by all clients; calls may come from several threads.

    Loaded by the first call: making one is cheap.
    """

    def __init__(self, networks: Networks = "all") -> None:
        self._file = f"hair-{networks}.onnx"

    @cached_property
    def _session(self) -> InferenceSession:
        return open_session(self._file)

    def warm_up(self) -> None:
        """Load the network, and look at nothing once: the first look takes longer than others."""
        self.segment(np.zeros((192, 192, 3), np.uint8))

    def segment(self, crop: Picture) -> Segmentation:
        """See Segmenter."""
        hair, face = self._session.run(None, {"picture": crop[None]})
        return Segmentation(hair, face)
