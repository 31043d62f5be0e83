"""Engines for tests: what they do to a picture can be told from its pixels or its timing."""

import threading
import time
from collections.abc import Callable

import numpy as np

from media.frame import Picture
from processing.engine import Rendered
from processing.look import Look

SECRET = "secret of the engine: /home/someone/model.onnx"
"""What ``raising`` says in its exception; no client may ever see it."""


class SimpleEngine:
    """An engine made of one function from picture to picture; it applies all of a look."""

    def __init__(self, name: str, change: Callable[[Picture], Picture]) -> None:
        self.name = name
        self._change = change

    def warm_up(self) -> None:
        """See Engine."""

    def open(self) -> "SimpleEngine":
        """See Engine. There is nothing to remember, so that all clients share one styler."""
        return self

    def applies(self, look: Look) -> tuple[str, ...]:
        """See Engine."""
        has_color = look.color is not None or look.color_photo is not None
        parts = {"style": look.style is not None, "color": has_color}
        return tuple(part for part, is_set in parts.items() if is_set)

    def render(self, picture: Picture, look: Look) -> Rendered:
        """See Styler."""
        return Rendered(self._change(picture))


def identity() -> SimpleEngine:
    """Gives back the picture as it is; only decoding and encoding leave their traces."""
    return SimpleEngine("identity", lambda picture: picture)


def invert() -> SimpleEngine:
    """Gives back the negative, which nobody mistakes for the picture."""
    return SimpleEngine("invert", lambda picture: np.ascontiguousarray(255 - picture))


def sleeping(duration_s: float) -> SimpleEngine:
    """Takes its time, without a processor, and changes nothing."""

    def change(picture: Picture) -> Picture:
        time.sleep(duration_s)
        return picture

    return SimpleEngine("sleeping", change)


def gated(gate: threading.Event, timeout_s: float = 10.0) -> SimpleEngine:
    """Holds every frame until the gate is opened."""

    def change(picture: Picture) -> Picture:
        gate.wait(timeout_s)
        return picture

    return SimpleEngine("gated", change)


def raising() -> SimpleEngine:
    """Fails with every frame, and says more about it than a client should know."""

    def change(picture: Picture) -> Picture:
        raise RuntimeError(SECRET)

    return SimpleEngine("raising", change)
