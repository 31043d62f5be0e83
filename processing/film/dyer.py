"""A film changed from beginning to end: decoding, changing and encoding side by side, in order."""

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from media.codec import encode_photo
from media.film.kind import BrokenFilm
from media.film.probe import FilmInfo
from media.film.reader import FilmFrame, FilmReader, SoundPacket
from media.film.writer import FilmWriter
from media.sampling import Sampler, sample_count
from processing.cloud.carry.carrier import Carrier
from processing.engine import Engine, Rendered
from processing.film.ahead import ahead
from processing.film.carrying import carried
from processing.film.steady import Steadier
from processing.film.thumbnail import Thumbnail
from processing.look import Look

DEPTH: Final = 4
"""Frames that wait before each stage: enough that none has to wait for another's slow frame."""
THUMBNAIL_QUALITY: Final = 85


@dataclass(frozen=True, slots=True, eq=False)
class FilmOrder:
    """What is to be done: ``film`` is what the source is like, ``rate`` the share of its frames
    that are processed fully. ``stabilize``: a shaken film is made calm. ``carrier`` carries hair
    that was edited in some frames to all; the look goes on top."""

    source: Path
    film: FilmInfo
    target: Path
    thumbnail: Path
    look: Look
    rate: float
    stabilize: bool = False
    carrier: Carrier | None = None


@dataclass(frozen=True, slots=True)
class DyedFilm:
    """What came of it. ``keeps_sound`` is False where the sound could not be copied."""

    frames: int
    sampled_frames: int
    keeps_sound: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Dyed:
    frame: FilmFrame
    rendered: Rendered


_Part: TypeAlias = "_Dyed | SoundPacket"


def dye_film(order: FilmOrder, engine: Engine, progress: Callable[[int], None]) -> DyedFilm:
    """Change a film; ``progress`` is told how many frames are done.

    Raises BrokenFilm, FilmNotWritten, and what the engine raises; the target is of no use then.
    """
    thumbnail = Thumbnail(order.film.frame_count)
    steadier = _steadier(order, progress)
    with (
        FilmReader.open(order.source, order.film) as reader,
        FilmWriter.open(order.target, reader) as writer,
    ):
        read = reader.read()
        if order.carrier is not None:
            read = carried(ahead(read, DEPTH), order.carrier)
        if steadier is not None:
            read = steadier.steadied(read)
        with closing(ahead(_dyed(ahead(read, DEPTH), order, engine), DEPTH)) as parts:
            for part in parts:
                if isinstance(part, _Dyed):
                    thumbnail.see(part.rendered)
                    writer.write(FilmFrame(part.frame.pts, part.rendered.picture))
                    progress(writer.frames)
                else:
                    writer.copy(part)
        if thumbnail.picture is None:
            raise BrokenFilm("none of its pictures can be decoded")
        order.thumbnail.write_bytes(encode_photo(thumbnail.picture, "jpeg", THUMBNAIL_QUALITY))
        sampled = sample_count(order.film.frame_count, order.rate)
        return DyedFilm(writer.frames, min(sampled, writer.frames), writer.keeps_sound)


def _steadier(order: FilmOrder, progress: Callable[[int], None]) -> Steadier | None:
    """What makes the film calm, if it is to be. While it is looked at no frame is done, but that
    is told, so that nobody thinks that the work hangs."""
    if not order.stabilize:
        return None
    return Steadier.of(order.source, order.film, lambda: progress(0))


def _dyed(
    parts: "Generator[FilmFrame | SoundPacket, None, None]", order: FilmOrder, engine: Engine
) -> Generator[_Part, None, None]:
    styler, sampler = engine.open_film(), Sampler(order.film.frame_count, order.rate)
    is_done = order.carrier is not None and order.look.is_empty
    with closing(parts):
        for part in parts:
            if isinstance(part, FilmFrame):
                is_sampled = sampler.take()
                rendered = (
                    Rendered(part.picture)
                    if is_done
                    else styler.render(part.picture, order.look, is_sampled)
                )
                yield _Dyed(part, rendered)
            else:
                yield part
