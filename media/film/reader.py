"""A film read frame by frame, upright, with its sound beside it."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, TypeAlias

import cv2
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from media.film.colours import ColourReader, Colours
from media.film.kind import BrokenFilm, FilmKind
from media.film.probe import opened, picture_stream
from media.frame import Picture

_TURNS: Final = {90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180,
                 270: cv2.ROTATE_90_CLOCKWISE}  # fmt: skip

SoundPacket: TypeAlias = "Packet[Any]"
"""Coded sound, as it is stored."""


@dataclass(frozen=True, slots=True, eq=False)
class FilmFrame:
    """An upright picture, BGR (height, width, 3), and when it is shown, in the film's ticks."""

    pts: int
    picture: Picture


class FilmReader:
    """Reads one film once, from beginning to end."""

    def __init__(self, container: InputContainer, stream: VideoStream) -> None:
        self._container = container
        self._stream = stream
        self._colour_reader: ColourReader | None = None
        self._rotation_deg = 0
        self._size = (0, 0)
        self._last_pts: int | None = None
        self.colours: Colours | None = None
        """Known from the first frame on."""
        stream.thread_type = "AUTO"

    @classmethod
    @contextmanager
    def open(cls, path: Path, kind: FilmKind) -> Iterator["FilmReader"]:
        """Raises BrokenFilm, also while it is read."""
        with opened(path, kind) as container:
            yield cls(container, picture_stream(container))

    @property
    def tick(self) -> Fraction:
        """How long one of the film's ticks is, s."""
        return self._stream.time_base or Fraction(1, 1000)

    @property
    def rate(self) -> Fraction:
        """Frames a second, on average."""
        return self._stream.average_rate or self._stream.guessed_rate or Fraction(25)

    @property
    def pixel_aspect(self) -> Fraction:
        """How much wider than high a pixel of the upright picture is."""
        aspect = self._stream.sample_aspect_ratio or Fraction(1)
        return 1 / aspect if self._rotation_deg % 180 else aspect

    @property
    def sound(self) -> AudioStream | None:
        """The first sound track."""
        return next(iter(self._container.streams.audio), None)

    def read(self) -> Generator["FilmFrame | SoundPacket", None, None]:
        """Frames and coded sound, in the order in which they are stored; frames in order of time.

        Pictures that are damaged are left out. Raises BrokenFilm where the size changes.
        """
        streams = [self._stream, *([self.sound] if self.sound else [])]
        for packet in self._container.demux(streams):
            if packet.stream is self.sound:
                if packet.size and packet.dts is not None:
                    yield packet
                continue
            for frame in _decoded(packet):
                if (ready := self._frame(frame)) is not None:
                    yield ready

    def _frame(self, frame: VideoFrame) -> FilmFrame | None:
        if self._colour_reader is None:
            self.colours = Colours.of(frame)
            self._colour_reader = ColourReader(self.colours)
            self._rotation_deg = int(frame.rotation) % 360
            self._size = (frame.width, frame.height)
        if (frame.width, frame.height) != self._size:
            raise BrokenFilm("the size of its pictures changes")
        pts = frame.pts
        if pts is None or (self._last_pts is not None and pts <= self._last_pts):
            return None
        self._last_pts = pts
        return FilmFrame(pts, self._upright(self._colour_reader.picture(frame)))

    def _upright(self, picture: Picture) -> Picture:
        turn = _TURNS.get(self._rotation_deg)
        return picture if turn is None else np.asarray(cv2.rotate(picture, turn), np.uint8)


def _decoded(packet: "Packet[Any]") -> list[VideoFrame]:
    try:
        return [frame for frame in packet.decode() if isinstance(frame, VideoFrame)]
    except FFmpegError:
        return []
