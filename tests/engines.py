"""Engines for tests: what they do to a picture can be told from its pixels or its timing."""

import threading
import time
from collections.abc import Callable

import numpy as np

from media.frame import Picture
from processing.engine import Advice, NoHair, NoPerson, Rendered
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

    def open_film(self) -> "SimpleEngine":
        """See Engine. Every frame of a film is changed alike."""
        return self

    def applies(self, look: Look) -> tuple[str, ...]:
        """See Engine."""
        return look.parts

    def check_photo(self, photo: Picture) -> None:
        """See Engine. Every photo will do."""

    def render(self, picture: Picture, look: Look, pressure: float = 0.0) -> Rendered:
        """See Styler."""
        return Rendered(self._change(picture))

    def retouch(self, photo: Picture, look: Look) -> Rendered:
        """See Engine."""
        for reference in (look.style, look.color_photo):
            if reference is not None:
                self.check_photo(reference)
        return self.render(photo, look)


class FussyEngine(SimpleEngine):
    """Takes colours alone, sees what it is told to see, and knows a useless photo by its shade.

    A black photo has no person in it, a white one no hair; at a mid grey it breaks. Photos wait
    while ``may_check`` is cleared.
    """

    def __init__(self, name: str = "fussy") -> None:
        super().__init__(name, lambda picture: np.ascontiguousarray(255 - picture))
        self.heads: int | None = 1
        self.advice: tuple[Advice, ...] = ()
        self.pressures: list[float] = []
        self.may_check = threading.Event()
        self.may_check.set()

    def applies(self, look: Look) -> tuple[str, ...]:
        """See Engine. A style photo's colour counts, its shape does not."""
        return ("color",) if {"style", "color"} & set(look.parts) else ()

    def check_photo(self, photo: Picture) -> None:
        """See Engine."""
        self.may_check.wait(10.0)
        match int(photo.mean()):
            case 0:
                raise NoPerson
            case 255:
                raise NoHair
            case 128:
                raise RuntimeError(SECRET)

    def render(self, picture: Picture, look: Look, pressure: float = 0.0) -> Rendered:
        """See Styler."""
        self.pressures.append(pressure)
        return Rendered(self._change(picture), self.heads, {}, self.advice, effort=0.5)


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
