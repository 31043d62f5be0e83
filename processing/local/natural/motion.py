"""What moved between two small grey pictures of the same place."""

from functools import cached_property

import cv2
import numpy as np

from processing.local.natural.planes import Bytes, Floats, blurred, fetched

STILL_LEVELS = 4.0
"""Up to this difference of a pixel's surroundings only the sensor's noise has changed."""
TRUST_LEVELS = 14.0
"""A pixel that differs by this much after the motion is undone is trusted at 1/e."""
TRUST_SPEED_PX = 4.0
"""A pixel that moved this far is trusted at 1/e: fast motion is measured less well, and blurs."""
SURROUNDINGS_PX = 5
"""A pixel is trusted as its surroundings are."""


class Motion:
    """From a small grey picture (n, n) to the next. ``sources`` (n, n, 2) tells where each pixel
    was before, and ``flow`` how far off that is, None if nothing moved."""

    def __init__(
        self, before: Bytes, now: Bytes, sources: Floats | None = None, flow: Floats | None = None
    ) -> None:
        self._before = before
        self._now = now
        self.sources = sources
        self.flow = flow

    @cached_property
    def trust(self) -> Floats:
        """How well what was there explains what is here, (n, n), 0 to 1. Told only when asked:
        while nobody looks again it does not matter."""
        if self.sources is None or self.flow is None:
            return np.ones(self._now.shape, np.float32)
        unexplained = cv2.absdiff(fetched(self._before, self.sources), self._now)
        error = blurred(np.asarray(unexplained, np.uint8), SURROUNDINGS_PX).astype(np.float32)
        across, down = self.flow[..., 0], self.flow[..., 1]
        speed = np.asarray(cv2.magnitude(across, down), np.float32)
        doubt = np.square(error / TRUST_LEVELS) + np.square(speed / TRUST_SPEED_PX)
        return np.asarray(np.exp(-doubt), np.float32)

    def carry(self, plane: Floats) -> Floats:
        """A plane of the earlier picture, moved to where its content is now."""
        if self.sources is None:
            return plane
        return fetched(plane, self.sources)

    def shift(self, where: Bytes) -> tuple[float, float]:
        """The mean motion (right, down; pixels of the small picture) where a mask is not 0."""
        if self.flow is None:
            return 0.0, 0.0
        across, down, *_ = cv2.mean(self.flow, where)
        return -across, -down


class MotionMeter:
    """Dense inverse search (Kroeger et al., 2016); one for each client, not shared by threads."""

    def __init__(self) -> None:
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        self._places: Floats | None = None

    def measure(self, before: Bytes, now: Bytes, where: Bytes) -> Motion:
        """The motion from one (n, n) grey picture to the next; none if nothing moves where the
        mask ``where`` is not 0."""
        difference = blurred(np.asarray(cv2.absdiff(before, now), np.uint8), SURROUNDINGS_PX)
        if cv2.minMaxLoc(difference, where)[1] < STILL_LEVELS:
            return Motion(before, now)
        # From now to before: that answers for every pixel of now where it came from.
        start = np.zeros((*now.shape, 2), np.float32)
        flow = np.asarray(self._flow.calc(now, before, start), np.float32)
        return Motion(before, now, self._grid(now.shape) + flow, flow)

    def _grid(self, shape: tuple[int, ...]) -> Floats:
        if self._places is None or self._places.shape[:2] != shape:
            rows, columns = np.indices(shape, dtype=np.float32)
            self._places = np.dstack([columns, rows])
        return self._places
