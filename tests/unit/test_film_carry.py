"""Edited frames in a film's task: their hair is carried first, and the look goes on top."""

from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
import pytest

from media.codec import encode_photo
from media.film.probe import FilmLimits, probe
from media.film.reader import FilmFrame, SoundPacket
from media.frame import Picture
from processing.cloud.carry.carrier import Carrier
from processing.film.carrying import carried, carrier_of
from processing.film.dyer import FilmOrder, dye_film
from processing.film.task import CarriedFrame, FilmTask
from processing.look import Look, LookValues
from tests import pictures
from tests.engines import invert
from tests.films import Recipe, film

LIMITS = FilmLimits(60, 10_000, 10_000_000)


class Whitening:
    """A carrier that makes every frame white, two frames late."""

    def carried(self, pictures: Iterable[Picture]) -> Iterator[Picture]:
        """See Carrier."""
        waiting = list[Picture]()
        for picture in pictures:
            waiting.append(np.full_like(picture, 255))
            if len(waiting) > 2:
                yield waiting.pop(0)
        yield from waiting


WHITENING = cast("Carrier", Whitening())


def task(source: Path, *frames: CarriedFrame) -> FilmTask:
    """To change it."""
    return FilmTask(
        source=str(source), target="t", thumbnail="t", look=LookValues(), rate=1.0, networks="all",
        limits=LIMITS, carried=frames,
    )  # fmt: skip


def test_sound_keeps_its_place() -> None:
    """What comes between two frames stays between them, however late frames are."""
    sound = [cast("SoundPacket", object()) for _ in range(3)]
    frames = [FilmFrame(pts, pictures.solid(1, 2, 3, 8, 8)) for pts in range(4)]
    order: list[FilmFrame | Any] = [sound[0], *frames[:2], sound[1], *frames[2:], sound[2]]

    def reading() -> "Generator[FilmFrame | SoundPacket, None, None]":
        yield from order

    after = list(carried(reading(), WHITENING))
    assert [one for one in after if not isinstance(one, FilmFrame)] == sound
    assert [isinstance(one, FilmFrame) for one in after] == [
        isinstance(one, FilmFrame) for one in order
    ]
    now = [one for one in after if isinstance(one, FilmFrame)]
    assert [one.pts for one in now] == [0, 1, 2, 3]
    assert all((one.picture == 255).all() for one in now)


def dyed_levels(folder: Path, look: Look) -> float:
    """How light a film is of which the frames are made white, and then inverted by the look."""
    source = folder / "source"
    source.write_bytes(film())
    info = probe(source, LIMITS)
    target = folder / "target.mp4"
    order = FilmOrder(source, info, target, folder / "t.jpg", look, 1.0, carrier=WHITENING)
    dye_film(order, invert(), lambda _: None)
    with av.open(str(target), "r") as container:
        return float(next(container.decode(video=0)).to_ndarray(format="bgr24").mean())


def test_the_look_goes_on_top(tmp_path: Path) -> None:
    """And where it is empty nothing else is done."""
    assert dyed_levels(tmp_path, Look("any", color=(1, 2, 3))) < 5
    assert dyed_levels(tmp_path, Look("any")) > 250


def test_nothing_carried_needs_no_carrier(tmp_path: Path) -> None:
    """The film is not even read."""
    source = tmp_path / "film"
    source.write_bytes(film())
    assert carrier_of(task(source), probe(source, LIMITS), lambda: None) is None


@pytest.mark.parametrize("key", [pictures.gradient(), pictures.portrait()])
def test_frames_of_no_use_carry_nothing(key: Picture, tmp_path: Path) -> None:
    """Without a head, or of another size: the film stays as it is."""
    source, picture = tmp_path / "film", pictures.gradient()
    source.write_bytes(film(Recipe(frames=3)))
    path = tmp_path / "key.png"
    path.write_bytes(encode_photo(key, "png", 100))
    looked: list[int] = []
    frame = CarriedFrame(index=0, own=str(path), edited=str(path))
    told = FilmTask.model_validate_json(task(source, frame).model_dump_json())
    carrier = carrier_of(told, probe(source, LIMITS), lambda: looked.append(1))
    assert carrier is not None
    assert len(looked) == 3 + 1
    assert not carrier._fitters
    (after,) = carrier.carried([picture])
    assert np.array_equal(after, picture)
