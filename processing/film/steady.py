"""A shaken film made calm: its frames moved along a smoothed path, and enlarged so far that no edge
shows."""

from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from media.film.probe import FilmInfo
from media.film.reader import FilmFrame, FilmReader, SoundPacket
from media.frame import Picture
from processing.film.ahead import ahead
from processing.film.calm import corrections
from processing.film.camera import GROWTH, TURN, CameraMotion, Movement

DEPTH: Final = 4
"""Frames that wait to be looked at."""


class Steadier:
    """Moves the frames of one film, one after the other."""

    def __init__(self, moved: Movement, zoom: float) -> None:
        self._moved = moved
        self._at = 0
        self.zoom = zoom

    @classmethod
    def of(cls, source: Path, film: FilmInfo, looked: Callable[[], None]) -> "Steadier":
        """Read the film through and see how it shakes; ``looked`` is called after each frame.

        Raises BrokenFilm.
        """
        with FilmReader.open(source, film) as reader:
            rate_fps = float(reader.rate)
            with closing(ahead(_pictures(reader, looked), DEPTH)) as pictures:
                motion = CameraMotion.of(pictures)
        return cls(*corrections(motion, rate_fps, (film.width_px, film.height_px)))

    def steadied(
        self, parts: "Generator[FilmFrame | SoundPacket, None, None]"
    ) -> "Generator[FilmFrame | SoundPacket, None, None]":
        """The same parts, with calm pictures."""
        with closing(parts):
            for part in parts:
                if isinstance(part, FilmFrame):
                    yield FilmFrame(part.pts, self.next(part.picture))
                else:
                    yield part

    def next(self, picture: Picture) -> Picture:
        """The next frame, moved; of the same size."""
        moved = self._moved[self._at] if self._at < len(self._moved) else np.zeros(4)
        self._at += 1
        if self.zoom == 1.0 and not moved.any():
            return picture
        height, width = picture.shape[:2]
        size = (width, height)
        warped = cv2.warpAffine(
            picture, _matrix(moved, self.zoom, size), size,
            flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE,
        )  # fmt: skip
        return np.asarray(warped, np.uint8)


def _pictures(reader: FilmReader, looked: Callable[[], None]) -> Generator[Picture, None, None]:
    for part in reader.read():
        if isinstance(part, FilmFrame):
            yield part.picture
            looked()


def _matrix(moved: Movement, zoom: float, size: tuple[int, int]) -> Movement:
    """Turned, scaled and shifted about the middle, then enlarged about it."""
    middle = np.array(size, np.float64) / 2
    scale = zoom * np.exp(moved[GROWTH])
    cosine, sine = np.cos(moved[TURN]) * scale, np.sin(moved[TURN]) * scale
    turned = np.array([[cosine, -sine], [sine, cosine]])
    shift = middle + zoom * moved[:TURN] - turned @ middle
    return np.column_stack([turned, shift])
