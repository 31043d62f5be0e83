"""Which frames of a film are worth to be edited, and the process that finds them."""

from collections.abc import Generator, Sequence
from itertools import count
from pathlib import Path

import cv2
import numpy as np

from media.film.probe import FilmLimits
from media.frame import Picture
from processing.film.cuts import cuts_of
from processing.film.poses import chosen, ranked
from processing.film.process import PROGRESS_S, Teller
from processing.film.scout import worth_editing
from processing.film.scouting import look_through
from processing.film.task import SCOUT_ANSWER, Fault, Progress, Scouted, ScoutTask
from tests import pictures
from tests.carry_scene import ByColour, ByPlace, filmed, moves
from tests.films import Recipe, film
from tests.paste_scene import portrait

LIMITS = FilmLimits(60, 10_000, 10_000_000)


def each(film: Sequence[Picture]) -> Generator[Picture, None, None]:
    """As they are read."""
    yield from film


def found(film: Sequence[Picture], along: Sequence[np.ndarray], most: int = 4) -> list[int]:
    """The frames that are chosen."""
    return worth_editing(each(film), (ByPlace(along).of(film), ByColour()), most)


def blurred(picture: Picture) -> Picture:
    """As when somebody moves fast."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 2.0), np.uint8)


def test_one_frame_stands_for_a_head_that_hardly_moves() -> None:
    """The sharp one."""
    along = moves(4, 1.0, 0.2)
    film = filmed(portrait(), along)
    assert found([blurred(film[0]), blurred(film[1]), film[2], blurred(film[3])], along) == [2]


def test_each_scene_has_one() -> None:
    """As far as so many are wanted."""
    along = moves(6, 0.0, 0.0)
    one, other = filmed(portrait(), along[:3]), filmed(portrait(person=2), along[:3])
    assert len(found([*one, *other], along)) == 2
    assert len(found([*one, *other], along, most=1)) == 1


def test_a_head_that_is_cut_off_is_not_chosen() -> None:
    """Nor is a picture without one."""
    along = moves(2, 150.0, 0.0)
    film = filmed(portrait(), along)
    assert found(film, along) == [0]
    assert found([pictures.noise(360, 360)] * 2, []) == []


def test_cuts_are_seen() -> None:
    """The first frame begins a scene, and so does one that shows something else."""
    one, other = pictures.noise(160, 120), pictures.gradient(160, 120)
    assert cuts_of([one, one, other, other]).tolist() == [True, False, True, False]


def test_poses_are_covered_with_few() -> None:
    """Two groups of frames need two; a third that is nearly like the first needs none."""
    alike = np.eye(6)
    alike[:3, :3] = alike[3:, 3:] = 0.9
    assert chosen(alike, np.ones(6), 4) == [0, 3]
    assert chosen(alike, np.ones(6), 1) == [0]
    assert chosen(alike, ranked([1, 4, 1, 1, 1, 4]), 4) == [1, 5]
    assert chosen(np.zeros((0, 0)), ranked([]), 4) == []


def test_a_film_of_nobody_has_none(tmp_path: Path) -> None:
    """The process says so, and what it says can be read; and that it goes on, for each frame that
    it reads, and reads again."""
    source = tmp_path / "film"
    source.write_bytes(film(Recipe(frames=3)))
    said: list[str] = []
    teller = Teller(said.append, count(step=PROGRESS_S).__next__)
    answer = look_through(task(source), teller)
    assert [SCOUT_ANSWER.validate_json(one) for one in said] == [Progress(frames=0)] * (3 + 1)
    teller.say(answer)
    assert answer == Scouted(keyframes=())
    assert SCOUT_ANSWER.validate_json(said[-1]) == answer


def test_a_film_that_is_none_is_a_fault(tmp_path: Path) -> None:
    """Its owner is told."""
    source = tmp_path / "film"
    source.write_bytes(b"no film at all")
    assert isinstance(look_through(task(source), Teller(len, lambda: 0.0)), Fault)


def task(source: Path) -> ScoutTask:
    """To look through it."""
    return ScoutTask(
        source=str(source), folder=str(source.parent), networks="all", limits=LIMITS, most=3
    )
