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
from media.film.kind import BrokenFilm
from media.film.probe import FilmInfo, opened, packets_of, picture_stream
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

    def __init__(self, container: InputContainer, stream: VideoStream, film: FilmInfo) -> None:
        self._container = container
        self._kind = film.kind
        self._rotation_deg = film.rotation_deg
        self._stream = stream
        self._colour_reader: ColourReader | None = None
        self._size = (0, 0)
        self._last_pts: int | None = None
        self.colours: Colours | None = None
        """Known from the first frame on."""
        stream.thread_type = "AUTO"

    @classmethod
    @contextmanager
    def open(cls, path: Path, film: FilmInfo) -> Iterator["FilmReader"]:
        """A film that is like this. Raises BrokenFilm, also while it is read."""
        with opened(path, film.kind) as container:
            stream = picture_stream(container, film.width_px * film.height_px)
            yield cls(container, stream, film)

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
        """The first sound track of a kind that is known."""
        tracks = self._container.streams.audio
        # FFmpeg gives no context for a codec that it does not know, whatever the types say.
        return next((track for track in tracks if track.codec_context is not None), None)

    def read(self) -> Generator["FilmFrame | SoundPacket", None, None]:
        """Frames and coded sound, in the order in which they are stored; frames in order of time.

        Pictures that are damaged are left out. Raises BrokenFilm where the size changes.
        """
        streams = [self._stream, *([self.sound] if self.sound else [])]
        sound = self.sound
        for packet in packets_of(self._container, streams):
            if packet.stream is sound:
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
            self._size = (frame.width, frame.height)
        if (frame.width, frame.height) != self._size:
            raise BrokenFilm("the size of its pictures changes")
        pts = self._moment(frame)
        if pts is None or (self._last_pts is not None and pts <= self._last_pts):
            return None
        self._last_pts = pts
        return FilmFrame(pts, self._upright(self._colour_reader.picture(frame)))

    def _moment(self, frame: VideoFrame) -> int | None:
        """When a frame is shown. An AVI does not tell, only in which order frames are stored: each
        is shown when one is taken from it, and those that the decoder held back at its end."""
        if self._kind != "avi":
            return frame.pts
        later = 0 if self._last_pts is None else self._last_pts + 1
        return later if frame.dts is None else max(frame.dts, later)

    def _upright(self, picture: Picture) -> Picture:
        turn = _TURNS.get(self._rotation_deg)
        return picture if turn is None else np.asarray(cv2.rotate(picture, turn), np.uint8)


def _decoded(packet: "Packet[Any]") -> list[VideoFrame]:
    try:
        return [frame for frame in packet.decode() if isinstance(frame, VideoFrame)]
    except FFmpegError:
        return []
