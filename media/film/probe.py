"""What a film is like: found by reading it through once, without believing its header."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Disposition, Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from media.film.kind import (
    HEAD_BYTES,
    BrokenFilm,
    FilmKind,
    FilmTooLarge,
    FilmTooLong,
    kind_of,
    told_bytes,
)

DEMUXERS: Final[dict[FilmKind, str]] = {
    "mp4": "mov",
    "mov": "mov",
    "avi": "avi",
    "webm": "matroska",
}
"""Each kind is read by one demuxer and no other: so a film is never taken for a playlist."""

CODECS: Final = frozenset({"h264", "hevc", "vp8", "vp9", "av1", "libdav1d", "mpeg4", "mjpeg",
                           "prores", "h263", "mpeg2video", "msmpeg4v3"})  # fmt: skip
"""What cameras, phones and browsers write. FFmpeg knows hundreds more, seldom looked at."""

TRUNCATED_SHARE, TRUNCATED_TIME_SHARE = 0.95, 0.98
"""A film of which less is there, in frames or in time, than its header says was cut off."""
TOLERANCE_S: Final = 0.1
"""By so much a film may be too long: sound often ends a little later than the pictures."""
SOUND_TOLERANCE_S: Final = 5.0
"""By so much may sound, or another stream, be longer than pictures may."""
SLACK_PX: Final = 1024 * 1024
"""MPEG-4's decoder asks for several times the room that a small picture needs."""
FIRST_PACKETS: Final = 300
"""Within so many packets a picture must come."""


@dataclass(frozen=True, slots=True)
class FilmLimits:
    """What is taken."""

    max_duration_s: float
    max_frames: int
    max_px: int


@dataclass(frozen=True, slots=True)
class FilmInfo:
    """A film that can be used. Width and height are those of the upright picture.

    ``rotation_deg`` is how far the stored picture has to be turned counterclockwise.
    """

    kind: FilmKind
    codec: str
    width_px: int
    height_px: int
    rotation_deg: int
    duration_s: float
    frame_count: int
    has_audio: bool


def probe(path: Path, limits: FilmLimits) -> FilmInfo:
    """Read a film through: its frames are counted, and the first one decoded.

    Raises EmptyFilm, UnknownFilm, BrokenFilm, FilmTooLong and FilmTooLarge.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    kind, size_bytes = kind_of(head), path.stat().st_size
    if kind == "avi" and told_bytes(head) > size_bytes:
        raise BrokenFilm(f"cut off: {size_bytes} of {told_bytes(head)} bytes are there")
    with opened(path, kind) as container:
        stream = picture_stream(container, limits.max_px)
        _check_size(stream.width, stream.height, limits)
        first, frames, duration_s = _read_through(container, stream, limits, size_bytes)
        rotation_deg = round(first.rotation / 90) * 90 % 360
        turned = rotation_deg % 180 != 0
        width_px, height_px = first.width, first.height
        return FilmInfo(
            kind=kind,
            codec=stream.codec_context.name,
            width_px=height_px if turned else width_px,
            height_px=width_px if turned else height_px,
            rotation_deg=rotation_deg,
            duration_s=round(duration_s, 3),
            frame_count=frames,
            has_audio=bool(container.streams.audio),
        )


@contextmanager
def opened(path: Path, kind: FilmKind) -> Iterator[InputContainer]:
    """The film, read by its own demuxer and from this file alone. Raises BrokenFilm."""
    options = {"protocol_whitelist": "file", "enable_drefs": "0"}
    try:
        container = av.open(
            str(path), format=DEMUXERS[kind], options=options, metadata_errors="ignore"
        )
    except FFmpegError as error:
        raise BrokenFilm(f"{kind}: cut off or corrupt") from error
    with container:
        yield container


def packets_of(container: InputContainer, streams: Sequence[Stream]) -> Iterator["Packet[Any]"]:
    """The coded pictures and sound of these streams, as they are stored. Raises BrokenFilm."""
    try:
        yield from container.demux(*streams)
    except FFmpegError as error:
        raise BrokenFilm("cut off or corrupt") from error


def picture_stream(container: InputContainer, max_px: int) -> VideoStream:
    """The film's pictures, of which none may have more pixels. Raises BrokenFilm where it has none
    that can be read."""
    for stream in container.streams.video:
        if Disposition.attached_pic in stream.disposition:
            continue
        # FFmpeg gives no context for a codec that it does not know, whatever the types say.
        codec = stream.codec_context
        if codec is None or codec.name not in CODECS:
            raise BrokenFilm("its pictures are coded in a way that is not read here")
        # The decoder itself refuses a later picture that is larger, before it makes room for it.
        codec.options = {"max_pixels": str(_padded(max_px))}
        return stream
    raise BrokenFilm("it has no pictures")


def _padded(px: int) -> int:
    """Decoders work on whole blocks, with room around them."""
    return px + px // 4 + SLACK_PX


def _check_size(width_px: int, height_px: int, limits: FilmLimits) -> None:
    if width_px < 1 or height_px < 1:
        raise BrokenFilm("its pictures have no size")
    if width_px * height_px > limits.max_px:
        raise FilmTooLarge(
            f"{width_px} x {height_px} pixels: more than the {limits.max_px} allowed"
        )


def _decoded(packet: "Packet[Any]") -> list[VideoFrame]:
    try:
        return [frame for frame in packet.decode() if isinstance(frame, VideoFrame)]
    except FFmpegError:
        return []


@dataclass(slots=True)
class _Span:
    """From where to where a stream's packets reach, in its ticks, and how many there are."""

    packets: int = 0
    first: int | None = None
    last: int | None = None

    def add(self, packet: "Packet[Stream]") -> None:
        self.packets += 1
        at = packet.pts if packet.pts is not None else packet.dts
        if at is not None:
            end = at + (packet.duration or 0)
            self.first = at if self.first is None else min(self.first, at)
            self.last = end if self.last is None else max(self.last, end)

    def end_s(self, tick: Fraction | None) -> float:
        return 0.0 if tick is None or self.last is None else float(self.last * tick)

    def seconds(self, tick: Fraction | None) -> float:
        if tick is None or self.first is None or self.last is None:
            return 0.0
        return float((self.last - self.first) * tick)


def _read_through(
    container: InputContainer, stream: VideoStream, limits: FilmLimits, size_bytes: int
) -> tuple[VideoFrame, int, float]:
    """The first frame that can be decoded, how many there are, and how long they last, s.

    In one pass, since what a browser recorded cannot be wound back. What the header says only
    tells whether something is missing.
    """
    spans = {one.index: _Span() for one in container.streams}
    pictures, first, read_bytes = spans[stream.index], None, 0
    for packet in packets_of(container, list(container.streams)):
        read_bytes += packet.size
        if read_bytes > size_bytes:
            raise BrokenFilm("it tells the same data again and again")
        if packet.size and not packet.is_discard:
            spans[packet.stream_index].add(packet)
        if first is None and packet.stream_index == stream.index:
            first = next(iter(_decoded(packet)), None)
            _check_start(first, pictures.packets, limits)
        if pictures.packets > limits.max_frames:
            raise FilmTooLong(f"more than the {limits.max_frames} frames allowed")
    if first is None:
        raise BrokenFilm("none of its pictures can be decoded")
    duration_s = pictures.seconds(stream.time_base)
    if duration_s > limits.max_duration_s + TOLERANCE_S:
        raise FilmTooLong(f"{duration_s:.1f} s: more than the {limits.max_duration_s:g} s allowed")
    longest_s = max(spans[one.index].seconds(one.time_base) for one in container.streams)
    if longest_s > limits.max_duration_s + SOUND_TOLERANCE_S:
        raise FilmTooLong("its sound lasts longer than it may")
    end_s = max(spans[one.index].end_s(one.time_base) for one in container.streams)
    _check_whole(container, stream, pictures.packets, end_s)
    return first, pictures.packets, duration_s


def _check_start(first: VideoFrame | None, packets: int, limits: FilmLimits) -> None:
    if first is not None:
        _check_size(first.width, first.height, limits)
    elif packets > FIRST_PACKETS:
        raise BrokenFilm("none of its first pictures can be decoded")


def _check_whole(container: InputContainer, stream: VideoStream, frames: int, end_s: float) -> None:
    # An AVI counts frames that were dropped while it was made, and stores nothing for them.
    told = 0 if container.format.name == "avi" else stream.frames
    if frames < TRUNCATED_SHARE * told - 1:
        raise BrokenFilm(f"cut off: {frames} of {told} frames are there")
    told_s = (container.duration or 0) / av.time_base
    last_frame_s = 1.5 * end_s / frames
    if not told and end_s + last_frame_s < TRUNCATED_TIME_SHARE * told_s:
        raise BrokenFilm(f"cut off: {end_s:.1f} of {told_s:.1f} s are there")
