"""The hair of a film's edited frames carried to all of it, before anything else is done."""

from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from media.codec import decode_photo
from media.film.probe import FilmInfo
from media.film.reader import FilmFrame, FilmReader, SoundPacket
from media.frame import Picture
from processing.cloud.carry.carrier import Carrier
from processing.cloud.carry.key import Key
from processing.cloud.paste.portrait import Portrait
from processing.cloud.paste.unfit import UnfitPicture
from processing.film.cuts import cuts_of
from processing.film.task import CarriedFrame, FilmTask
from processing.local.natural.heads import HeadFinder
from processing.local.natural.model import HairModel

FRAME_PX: Final = 100_000_000


def carrier_of(task: FilmTask, film: FilmInfo, looked: Callable[[], None]) -> Carrier | None:
    """What carries the task's edited frames, if there are any. The film is read through for it, and
    ``looked`` called for each frame, and each edited one.

    Raises BrokenFilm, and PictureError for a frame's picture.
    """
    if not task.carried:
        return None
    finder, segmenter = HeadFinder(task.networks), HairModel(task.networks)

    def portrait(path: str) -> Portrait:
        return Portrait.of(decode_photo(Path(path).read_bytes(), FRAME_PX), finder, segmenter)

    shape = (film.height_px, film.width_px)
    keys = list(_keys(task.carried, portrait, shape, looked))
    with closing(_pictures(Path(task.source), film, looked)) as pictures:
        return Carrier(keys, cuts_of(pictures), finder, segmenter)


def _keys(
    frames: tuple[CarriedFrame, ...],
    portrait: Callable[[str], Portrait],
    shape: tuple[int, int],
    looked: Callable[[], None],
) -> Iterator[Key]:
    """Of those that are as large as the film and show one head before and after."""
    for frame in frames:
        looked()
        try:
            own, edit = portrait(frame.own), portrait(frame.edited)
        except UnfitPicture:
            continue
        if own.shape == edit.shape == shape:
            yield Key(frame.index, own, edit)


def _pictures(
    source: Path, film: FilmInfo, looked: Callable[[], None]
) -> Generator[Picture, None, None]:
    with FilmReader.open(source, film) as reader:
        for part in reader.read():
            if isinstance(part, FilmFrame):
                yield part.picture
                looked()


def carried(
    parts: "Generator[FilmFrame | SoundPacket, None, None]", carrier: Carrier
) -> "Generator[FilmFrame | SoundPacket, None, None]":
    """The same parts in the same order, the pictures with the carried hair."""
    waiting = deque["FilmFrame | SoundPacket"]()

    def pictures() -> Iterator[Picture]:
        for part in parts:
            waiting.append(part)
            if isinstance(part, FilmFrame):
                yield part.picture

    with closing(parts):
        for picture in carrier.carried(pictures()):
            while not isinstance(part := waiting.popleft(), FilmFrame):
                yield part
            yield FilmFrame(part.pts, picture)
        yield from waiting
