"""Films changed from beginning to end: in order, every frame, with a few in memory."""

import threading
from collections.abc import Generator
from fractions import Fraction
from io import BytesIO
from itertools import count, islice
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from media.film.kind import BrokenFilm
from media.film.probe import FilmLimits, probe
from media.frame import Picture
from processing.engine import Rendered
from processing.film.ahead import ahead
from processing.film.dyer import DyedFilm, FilmOrder, dye_film
from processing.film.thumbnail import SIDE_PX, Thumbnail
from processing.look import Look
from tests import pictures
from tests.engines import SECRET, SimpleEngine, invert, raising
from tests.films import Recipe, film

LOOK = Look("any", color=(40, 60, 160))
LIMITS = FilmLimits(60, 10_000, 10_000_000)


def threads() -> int:
    """How many threads there are."""
    return threading.active_count()


def order_of(data: bytes, folder: Path, rate: float = 0.5) -> FilmOrder:
    """To change a film of these bytes."""
    source = folder / "source"
    source.write_bytes(data)
    info = probe(source, LIMITS)
    return FilmOrder(source, info, folder / "target.mp4", folder / "thumb.jpg", LOOK, rate)


def test_items_come_in_order() -> None:
    """All of them, and the thread has ended."""
    before = threads()
    assert list(ahead((number for number in range(100)), 3)) == list(range(100))
    assert threads() == before


def test_no_more_is_made_than_may_wait() -> None:
    """One is being handed over while the others wait."""
    made = []

    def making() -> Generator[int, None, None]:
        for number in count():
            made.append(number)
            yield number

    items = ahead(making(), 3)
    assert list(islice(items, 5)) == [0, 1, 2, 3, 4]
    items.close()
    assert len(made) <= 5 + 3 + 1


def test_an_error_comes_after_what_came_before_it() -> None:
    """And it is the one that was raised."""

    def failing() -> Generator[int, None, None]:
        yield 1
        raise ZeroDivisionError

    items = ahead(failing(), 3)
    assert next(items) == 1
    with pytest.raises(ZeroDivisionError):
        next(items)


def test_two_in_a_row_end_when_nobody_wants_more() -> None:
    """Closing the last one ends the first one's thread, too."""
    before = threads()
    items = ahead((2 * number for number in ahead((n for n in count()), 2)), 2)
    assert list(islice(items, 3)) == [0, 2, 4]
    items.close()
    assert threads() == before


@pytest.mark.parametrize(("rate", "sampled"), [(0.5, 12), (1.0, 24), (0.01, 1)])
def test_every_frame_is_changed(rate: float, sampled: int, tmp_path: Path) -> None:
    """Whatever the rate; progress is told for each, and the sound is kept."""
    progress: list[int] = []
    order = order_of(film(Recipe(frames=24, has_audio=True)), tmp_path, rate)
    done = dye_film(order, invert(), progress.append)
    assert done == DyedFilm(frames=24, sampled_frames=sampled, keeps_sound=True)
    assert progress == list(range(1, 25))
    for before, after in zip(_frames(order.source), _frames(order.target), strict=True):
        assert abs(255 - before.astype(int) - after).mean() < 8


def test_engines_are_told_which_frames_are_sampled(tmp_path: Path) -> None:
    """As the report's section 3.1 chooses them."""
    told: list[bool] = []

    class Listening(SimpleEngine):
        def render(self, picture: Picture, look: Look, pressure: float = 0.0) -> Rendered:
            told.append(bool(pressure))
            return Rendered(picture)

    order = order_of(film(Recipe(frames=9)), tmp_path, 0.34)
    dye_film(order, Listening("listening", lambda picture: picture), lambda _: None)
    assert [at for at, is_sampled in enumerate(told) if is_sampled] == [0, 3, 6]


def test_an_engine_that_fails_ends_it(tmp_path: Path) -> None:
    """With its own error, and without a thread left."""
    before = threads()
    with pytest.raises(RuntimeError, match=SECRET):
        dye_film(order_of(film(), tmp_path), raising(), lambda _: None)
    assert threads() == before


def test_a_film_that_changes_its_size_is_broken(tmp_path: Path) -> None:
    """As some do in the middle; no player likes them either."""
    stream = BytesIO()
    with av.open(stream, "w", format="avi") as output:
        track: Any = output.add_stream("mjpeg", rate=10)
        track.width, track.height, track.pix_fmt = 64, 48, "yuvj420p"
        for number, side_px in enumerate([64, 64, 32, 32]):
            packet = av.Packet(pictures.jpeg(pictures.gradient(side_px, 48)))
            packet.stream, packet.pts, packet.dts = track, number, number
            packet.time_base = Fraction(1, 10)
            output.mux(packet)
    with pytest.raises(BrokenFilm, match="changes"):
        dye_film(order_of(stream.getvalue(), tmp_path), invert(), lambda _: None)


def test_the_thumbnail_is_of_the_best_frame() -> None:
    """Sharp and lit beats blurred or dark, a head beats none; never the first or last."""
    sharp, flat = pictures.noise(900, 600), pictures.solid(90, 90, 90, 900, 600)
    dark = np.zeros_like(flat)
    frames = [sharp, *[flat] * 40, sharp // 2 + 64, *[dark] * 40, sharp]
    thumbnail = Thumbnail(len(frames))
    for number, picture in enumerate(frames):
        thumbnail.see(Rendered(picture, heads=int(35 <= number <= 47)))
    chosen = thumbnail.picture
    assert chosen is not None
    assert max(chosen.shape) == SIDE_PX
    assert chosen.mean() > 60


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_a_film_of_a_frame_has_a_thumbnail(frames: int) -> None:
    """Whatever there is has to do."""
    thumbnail = Thumbnail(frames)
    for _ in range(frames):
        thumbnail.see(Rendered(pictures.gradient()))
    assert thumbnail.picture is not None


def _frames(path: Path) -> list[np.ndarray]:
    with av.open(str(path), "r") as container:
        return [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
