"""Engines that only the benchmark has: nothing to do, and a known time to do it in."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import cv2

from media.frame import Picture
from processing.engine import Rendered
from processing.look import Look

Stage = Callable[[Picture, float], None]
BLUR_SIDE_PX = 5


@dataclass(frozen=True, slots=True)
class StageStyler:
    """Spends a known time on a frame and returns it as it is."""

    stage: Stage
    stage_s: float

    def render(self, picture: Picture, look: Look, pressure: float = 0.0) -> Rendered:
        """See Styler."""
        self.stage(picture, self.stage_s)
        return Rendered(picture)


@dataclass(slots=True)
class StageEngine:
    """An engine whose only stage takes ``stage_s`` seconds."""

    name: str
    stage: Stage
    stage_s: float = 0.0

    def warm_up(self) -> None:
        """See Engine."""

    def open_film(self) -> StageStyler:
        """See Engine."""
        return self.open()

    def open(self) -> StageStyler:
        """See Engine."""
        return StageStyler(self.stage, self.stage_s)

    def applies(self, look: Look) -> tuple[str, ...]:
        """See Engine."""
        return ("color",)

    def retouch(self, photo: Picture, look: Look) -> Rendered:
        """See Engine."""
        return self.open().render(photo, look)

    def check_photo(self, photo: Picture) -> None:
        """See Engine. Every photo will do."""


def identity(_: Picture, __: float) -> None:
    """No time at all: what is left is decoding, queueing, policy and encoding."""


def sleep(_: Picture, stage_s: float) -> None:
    """Time passes and no processor is used, as with an accelerator."""
    time.sleep(stage_s)


def burn(picture: Picture, stage_s: float) -> None:
    """A processor is used all the time, with the interpreter's lock released."""
    end_s = time.perf_counter() + stage_s
    while time.perf_counter() < end_s:
        cv2.blur(picture, (BLUR_SIDE_PX, BLUR_SIDE_PX))
