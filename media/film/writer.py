"""A film written frame by frame: H.264 that starts at once in a browser, with the sound copied."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import av
import cv2
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from media.film.colours import Colours, ColourWriter
from media.film.reader import FilmFrame, FilmReader, SoundPacket
from media.frame import Picture

CODEC: Final = "libx264"
OPTIONS: Final = {"preset": "veryfast", "crf": "20"}
"""Hardly to be told from the original; a slower preset saves a tenth of the bytes."""
LEAST_MP3_HZ: Final = 16_000
"""What is slower is a dialect that an MP4 does not carry."""
COPIED_SOUND: Final = frozenset({"aac", "mp3", "opus", "ac3", "eac3", "flac", "alac"})
"""Sound that an MP4 carries and browsers play; none is coded anew."""


class FilmNotWritten(Exception):
    """A film that cannot be written; the text is the library's, without the path."""


class FilmWriter:
    """Writes one film like the one that is read: the same moments, the same sound."""

    def __init__(self, container: OutputContainer, reader: FilmReader) -> None:
        self._container = container
        self._reader = reader
        self._pictures: VideoStream | None = None
        self._colour_writer: ColourWriter | None = None
        self._sound = self._sound_like(reader.sound)
        self._waiting: list[SoundPacket] = []
        self.frames = 0

    @classmethod
    @contextmanager
    def open(cls, path: Path, reader: FilmReader) -> Iterator["FilmWriter"]:
        """The film is whole when the block is left without an error. Raises FilmNotWritten, also
        while it is written, as when the disk is full."""
        options = {"movflags": "+faststart"}
        try:
            with av.open(str(path), "w", format="mp4", container_options=options) as container:
                writer = cls(container, reader)
                yield writer
                writer.finish()
        except FFmpegError as error:
            raise FilmNotWritten(error.strerror) from error

    @property
    def keeps_sound(self) -> bool:
        """Whether the sound, if there is any, can be copied into this film."""
        return self._sound is not None or self._reader.sound is None

    def write(self, frame: FilmFrame) -> None:
        """Append a frame."""
        picture = _even(frame.picture)
        if self._pictures is None or self._colour_writer is None:
            self._pictures, self._colour_writer = self._begin(picture)
        coded = self._colour_writer.frame(picture)
        coded.pts, coded.time_base = frame.pts, self._reader.tick
        self._container.mux(self._pictures.encode(coded))
        self.frames += 1

    def copy(self, packet: SoundPacket) -> None:
        """Append coded sound as it is."""
        if self._sound is None:
            return
        # A track can be added to a film as long as nothing has been written.
        self._waiting.append(packet)
        if self._pictures is not None:
            self._flush_sound()

    def finish(self) -> None:
        """Write what the encoder still holds."""
        if self._pictures is not None:
            self._container.mux(self._pictures.encode())
        self._flush_sound()

    def _begin(self, picture: Picture) -> tuple[VideoStream, ColourWriter]:
        reader = self._reader
        stream = self._container.add_stream(CODEC, rate=reader.rate, options=OPTIONS)
        stream.height, stream.width = picture.shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = reader.tick
        stream.codec_context.sample_aspect_ratio = reader.pixel_aspect
        colours = ColourWriter(reader.colours or Colours(5, 2))
        colours.declare(stream.codec_context)
        return stream, colours

    def _sound_like(self, sound: AudioStream | None) -> AudioStream | None:
        if sound is None:
            return None
        codec = sound.codec_context.name.removesuffix("float")
        if codec not in COPIED_SOUND or (codec == "mp3" and sound.rate < LEAST_MP3_HZ):
            return None
        return self._container.add_stream_from_template(sound)

    def _flush_sound(self) -> None:
        for packet in self._waiting:
            if self._sound is not None:
                packet.stream = self._sound
                self._container.mux(packet)
        self._waiting.clear()


def _even(picture: Picture) -> Picture:
    """4:2:0 has one colour for two by two pixels: a last odd row or column is repeated."""
    height, width = picture.shape[:2]
    if height % 2 == 0 and width % 2 == 0:
        return picture
    sides = (0, height % 2, 0, width % 2)
    return np.asarray(cv2.copyMakeBorder(picture, *sides, cv2.BORDER_REPLICATE), np.uint8)
