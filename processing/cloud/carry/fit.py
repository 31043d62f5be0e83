"""Where in a keyframe a frame's pixels come from, measured by what is no hair and by the hair."""

from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np

from processing.cloud.carry.key import Key
from processing.cloud.carry.planes import averaged, places
from processing.cloud.carry.shade import Shade, seen
from processing.cloud.paste import tone
from processing.cloud.paste.affine import Affine, after, inverse, moved, scaling
from processing.cloud.paste.alignment import correlation, detail_of, followed
from processing.local.natural.heads import Head
from processing.local.natural.planes import Bytes, Floats, fetched, smoothed
from processing.local.natural.view import View

WITHIN_CELLS: Final = 1.0
"""Points of a face that talks do not agree better than this."""
LEAST_POINTS: Final = 10
FLOW_HEIGHTS: Final = 0.08
"""Sigma over which the flow is smoothed: hair moves in locks, not pixel by pixel."""
LIGHT_HEIGHTS: Final = 0.25
"""The same for the light."""
MOST_FLOW_HEIGHTS: Final = 0.3
"""A flow that leads farther has lost its way."""
UNLIKE, ALIKE = 0.2, 0.45
"""Faces that are less alike than the first are not seen from the same side, from the second on they
surely are. Who it is is known by then."""
TRUST_LEVELS: Final = 30.0
"""Of the detail: what is left of it when the motion is undone is trusted at 1/e."""
TRUST_CELLS: Final = 2.0
HALF: Final = 0.5
KNOWN: Final = 0.2
"""Weight around from which on the flow is known."""
JERK_HEIGHTS: Final = 0.004
"""From so quick a change of the movement on no mean is taken over time, in face heights."""


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """``matrix`` takes the frame's pixels to the keyframe's; ``flow`` (rows, columns, 2), by which
    cells of the keyframe's canvas that is off, float32; ``light`` (rows, columns, 3) by what the
    keyframe's levels are to be multiplied; ``seen`` (rows, columns), 0 to 1, how far the
    keyframe explains what is seen; ``likeness`` of the two faces, -1 to 1."""

    matrix: Affine
    flow: Floats
    light: Floats
    seen: Floats
    likeness: float

    @property
    def quality(self) -> float:
        """How far its shape is to be trusted, 0 to 1."""
        return _sure(self.likeness)

    def calmed(self, before: "Fit | None", later: "Fit | None", head: Head) -> "Fit":
        """The mean with its two neighbours in time, as far as the head moves evenly: what is taken
        from both sides does not lag."""
        if before is None or later is None:
            return self
        bend = before.matrix + later.matrix - 2 * self.matrix
        jerk = np.hypot(*(bend @ (head.cx, head.cy, 1.0))) / (JERK_HEIGHTS * head.height)
        share = np.float32(np.exp(-(jerk**2)) / 4)
        flow, light = (
            np.asarray(now + share * (a + b - 2 * now), np.float32)
            for a, now, b in (
                (before.flow, self.flow, later.flow),
                (before.light, self.light, later.light),
            )
        )
        return replace(self, matrix=self.matrix + share * bend, flow=flow, light=light)


def _sure(likeness: float) -> float:
    return float(np.clip((likeness - UNLIKE) / (ALIKE - UNLIKE), 0, 1))


class Fitter:
    """Fits one keyframe to the frames of a film, one after the other."""

    def __init__(self, key: Key) -> None:
        self.key = key
        self._last: Fit | None = None
        self._head: Head | None = None
        self._places = places(key.canvas.size)
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)

    def forget(self) -> None:
        """Another scene begins, or another head is meant."""
        self._last = None

    def fit(self, view: View, head: Head, alpha: Bytes) -> Fit:
        """Fit it to a frame, whose head and matte (height, width) are known."""
        found = self._fitted(view, alpha, self._start(head))
        if found.likeness < ALIKE and self._last is not None:
            self._last = None
            again = self._fitted(view, alpha, self._start(head))
            found = max(found, again, key=lambda one: one.likeness)
        self._head, self._last = head, found if found.likeness >= UNLIKE else None
        return found

    def _start(self, head: Head) -> Affine:
        """From the last fit and how the head has moved, or from the two heads."""
        if self._last is not None and self._head is not None:
            before = self._head
            moved_by = (head.cx - before.cx, head.cy - before.cy)
            return after(self._last.matrix, scaling(1.0, *moved_by))
        own = self.key.own.head
        scale = own.height / head.height
        shift = (own.cx - scale * head.cx, own.cy - scale * head.cy)
        return np.array([[scale, 0.0, shift[0]], [0.0, scale, shift[1]]])

    def _fitted(self, view: View, alpha: Bytes, start: Affine) -> Fit:
        matrix = self._aligned(view, alpha, start)
        key, to_grid = self.key, after(self.key.canvas.to_grid, matrix)
        grid = detail_of(moved(view.luma, to_grid, key.canvas.size))
        hair = moved(alpha, to_grid, key.canvas.size)
        raw, trust = self._measured(grid)
        head = np.maximum(key.face, np.minimum(hair, key.old)).astype(np.float32) / 255
        weight = np.asarray(trust * head, np.float32)
        flow = self._spread(raw, weight)
        alike = correlation(fetched(key.luma, self._places + flow), grid, key.traits & ~hair)
        # Where faces hardly agree the flow has found something else: the head alone is followed.
        flow *= np.float32(_sure(alike))
        frame = moved(view.picture, to_grid, key.canvas.size)
        shade = Shade(frame, fetched(key.shade, self._places + flow))
        light = shade.light(np.where(hair > 0, weight, 0), LIGHT_HEIGHTS * self._cells)
        gain = shade.gain(weight > HALF)
        left = [of.left(gain) for of in (shade, *self._others(frame, raw, to_grid))]
        return Fit(matrix, flow, light, seen(np.minimum.reduce(left)), alike)

    def _spread(self, raw: Floats, weight: Floats) -> Floats:
        """The flow where it is known, smoothly, and carried on beyond."""
        sigma = FLOW_HEIGHTS * self._cells
        known = np.minimum(smoothed(weight, sigma) / np.float32(KNOWN), 1)
        planes = np.dstack([averaged(raw, weight, sigma), np.zeros_like(known)])
        full = tone.spread_out(np.asarray(planes, np.float32), np.asarray(known, np.float32))
        return smoothed(np.ascontiguousarray(full[..., :2]), sigma)

    def _others(self, frame: Bytes, raw: Floats, to_grid: Affine) -> tuple[Shade, Shade]:
        """The keyframe moved as whatever is there seems to have moved, and not moved at all."""
        key = self.key
        stays = after(to_grid, inverse(key.canvas.to_grid))
        return (
            Shade(frame, fetched(key.shade, self._places + raw)),
            Shade(frame, moved(key.shade, stays, key.canvas.size)),
        )

    def _aligned(self, view: View, alpha: Bytes, start: Affine) -> Affine:
        """A turn, a scale and a shift by the face's points; where too few agree, as it was."""
        key, to_grid = self.key, self.key.canvas.to_grid
        through = after(to_grid, start)
        grid = detail_of(moved(view.luma, through, key.canvas.size))
        where = cv2.bitwise_and(key.face, cv2.bitwise_not(moved(alpha, through, key.canvas.size)))
        there, here = followed(key.luma, grid, np.asarray(where, np.uint8))
        if len(here) < LEAST_POINTS:
            return start
        fit, agreed = cv2.estimateAffinePartial2D(there, here, ransacReprojThreshold=WITHIN_CELLS)
        if fit is None or int(agreed.sum()) < LEAST_POINTS:
            return start
        return after(inverse(to_grid), after(np.asarray(fit, np.float64), through))

    def _measured(self, grid: Bytes) -> tuple[Floats, Floats]:
        """The flow of whatever moves, and how far it explains what is seen."""
        start = np.zeros((*grid.shape, 2), np.float32)
        if self._last is not None:
            start = self._last.flow.copy()
        raw = np.asarray(self._flow.calc(grid, self.key.luma, start), np.float32)
        back = fetched(self.key.luma, self._places + raw)
        left = smoothed(cv2.absdiff(back, grid).astype(np.float32), TRUST_CELLS)
        far = np.hypot(raw[..., 0], raw[..., 1]) / (MOST_FLOW_HEIGHTS * self._cells)
        return raw, np.asarray(np.exp(-np.square(left / TRUST_LEVELS) - far**4), np.float32)

    @property
    def _cells(self) -> float:
        """Of the grid to the face's height."""
        return float(self.key.canvas.to_grid[0, 0] * self.key.own.head.height)
