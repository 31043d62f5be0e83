"""The natural engine on the one portrait that is always at hand, and on what is no portrait."""

import numpy as np
import pytest

from media.frame import Picture
from processing.engine import Advice, NoHair, NoPerson
from processing.local.natural.engine import NaturalEngine
from processing.look import Highlights, Look, Ombre
from tests import pictures

COPPER = (35, 75, 166)
BLUE = (166, 71, 39)


@pytest.fixture(scope="module")
def engine() -> NaturalEngine:
    """The engine, its networks loaded."""
    engine = NaturalEngine()
    engine.warm_up()
    return engine


@pytest.fixture(scope="module")
def portrait() -> Picture:
    """Eileen Collins before a shuttle, as scikit-image carries her: 512x512 BGR."""
    return pictures.portrait()


def changed(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Where two pictures differ."""
    return np.asarray((before != after).any(axis=2))


def test_hair_and_nothing_else_is_dyed(engine: NaturalEngine, portrait: np.ndarray) -> None:
    """Most of the hair changes; face, suit, flag and shuttle stay bit for bit."""
    rendered = engine.open().render(portrait, Look("natural", color=BLUE))
    where = changed(portrait, rendered.picture)
    assert rendered.heads == 1
    assert rendered.advice == ()
    assert where[60:110, 160:178].mean() > 0.9
    assert where[60:110, 278:292].mean() > 0.9
    assert where[95:170, 205:245].mean() < 0.02
    assert where[300:, :].mean() < 0.01
    assert where[:150, 330:].mean() == 0


def test_the_input_is_not_changed(engine: NaturalEngine, portrait: np.ndarray) -> None:
    """The caller's picture is its own."""
    before = portrait.copy()
    engine.open().render(portrait, Look("natural", color=COPPER))
    assert np.array_equal(before, portrait)


def test_every_kind_of_look(engine: NaturalEngine, portrait: np.ndarray) -> None:
    """Ombre, highlights, shine and a reference photo each change the hair, each differently."""
    looks = [
        Look("natural", color=COPPER),
        Look("natural", ombre=Ombre(tips=BLUE)),
        Look("natural", color=COPPER, highlights=Highlights(BLUE, 0.5)),
        Look("natural", shine=1.0),
        Look("natural", color_photo=portrait[::-1, ::-1].copy()[::-1, ::-1]),
    ]
    results = [engine.open().render(portrait, look).picture for look in looks]
    assert all(changed(portrait, result).any() for result in results[:4])
    for i, one in enumerate(results[:4]):
        assert all(changed(one, other).any() for other in results[i + 1 :])


def test_a_photo_gives_its_hairs_colour(engine: NaturalEngine, portrait: np.ndarray) -> None:
    """Hair dyed blue and taken as a reference dyes other hair blue."""
    blue = engine.open().render(portrait, Look("natural", color=BLUE)).picture
    engine.check_photo(blue)
    taken = engine.open().render(portrait, Look("natural", color_photo=blue)).picture
    where = changed(portrait, taken)
    assert taken[where].mean(axis=0)[0] > portrait[where].mean(axis=0)[0] + 25


def test_photos_that_give_nothing(engine: NaturalEngine, portrait: np.ndarray) -> None:
    """Without a person, or without hair, the error says which and what to try."""
    with pytest.raises(NoPerson, match="Try a photo"):
        engine.check_photo(np.full((300, 300, 3), 128, np.uint8))
    face = portrait[92:188, 196:256]
    bald = np.full((216, 180, 3), 200, np.uint8)
    bald[60:156, 60:120] = face
    with pytest.raises((NoPerson, NoHair), match="Try a photo"):
        engine.check_photo(bald)


def test_a_photo_without_anybody_is_as_if_it_were_not_there(
    engine: NaturalEngine, portrait: np.ndarray
) -> None:
    """A photo that another engine accepted and this one cannot use changes nothing."""
    empty = np.full((300, 300, 3), 128, np.uint8)
    rendered = engine.open().render(portrait, Look("natural", color_photo=empty))
    assert not changed(portrait, rendered.picture).any()


@pytest.mark.parametrize("shape", [(16, 16), (1, 1), (2, 900), (1400, 1400)])
def test_pictures_without_a_head_come_back_as_they_are(
    engine: NaturalEngine, shape: tuple[int, int]
) -> None:
    """No head, nothing to dye: whatever the size, and the advice says so."""
    noise = np.random.default_rng(1).integers(90, 140, (*shape, 3)).astype(np.uint8)
    rendered = engine.open().render(noise, Look("natural", color=COPPER))
    assert rendered.heads == 0
    assert Advice.NO_HEAD in rendered.advice
    assert np.array_equal(rendered.picture, noise)


def test_grey_pictures_are_dyed_too(engine: NaturalEngine, portrait: np.ndarray) -> None:
    """A picture without colour has hair all the same."""
    grey = np.dstack([portrait[:, :, 1]] * 3)
    rendered = engine.open().render(grey, Look("natural", color=BLUE))
    assert rendered.heads == 1
    assert changed(grey, rendered.picture)[60:110, 160:178].mean() > 0.7


def test_two_heads(engine: NaturalEngine, portrait: np.ndarray) -> None:
    """Both heads are found, both dyed, and the advice says that there are several."""
    pair = np.hstack([portrait[:, 60:380], portrait[:, 60:380]])
    rendered = engine.open().render(pair, Look("natural", color=BLUE))
    assert rendered.heads == 2
    assert Advice.SEVERAL_HEADS in rendered.advice
    where = changed(pair, rendered.picture)
    assert where[60:110, 100:118].mean() > 0.8
    assert where[60:110, 420:438].mean() > 0.8


def test_what_it_applies(engine: NaturalEngine, portrait: np.ndarray) -> None:
    """A style photo gives its colour, unless the look names one."""
    assert engine.applies(Look("natural", style=portrait)) == ("color",)
    assert engine.applies(Look("natural", style=portrait, color=BLUE)) == ("color",)
    full = Look("natural", color=BLUE, shine=0.2, ombre=Ombre(BLUE), highlights=Highlights(BLUE))
    assert engine.applies(full) == ("color", "shine", "ombre", "highlights")


def test_less_effort_under_pressure(engine: NaturalEngine, portrait: np.ndarray) -> None:
    """Under pressure the share of full care falls, the hair stays dyed, and care comes back."""
    styler, look = engine.open(), Look("natural", color=BLUE)
    efforts = [styler.render(portrait, look, 1.5).effort for _ in range(12)]
    pressed = styler.render(portrait, look, 1.5)
    assert efforts[0] == 1.0
    assert pressed.effort == 0.25
    assert changed(portrait, pressed.picture)[60:110, 160:178].mean() > 0.9
    relieved = [styler.render(portrait, look, 0.1).effort for _ in range(70)]
    assert relieved[-1] == 1.0


def test_a_photo_is_retouched(engine: NaturalEngine, portrait: Picture) -> None:
    """Its hair is dyed like a frame's, in about the same place, and the photo stays as it is."""
    before = portrait.copy()
    rendered = engine.retouch(portrait, Look("natural", color=BLUE))
    live = engine.open().render(portrait, Look("natural", color=BLUE))
    mine, theirs = changed(portrait, rendered.picture), changed(portrait, live.picture)
    assert rendered.heads == 1
    assert list(rendered.stage_ms) == ["hair", "matte", "colour"]
    assert (mine & theirs).sum() / (mine | theirs).sum() > 0.75
    assert np.array_equal(portrait, before)


def test_a_photo_of_nobody_stays_as_it_is(engine: NaturalEngine) -> None:
    """No head, no change, and the advice says so."""
    noise = pictures.noise(320, 240)
    rendered = engine.retouch(noise, Look("natural", color=BLUE))
    assert rendered.heads == 0
    assert Advice.NO_HEAD in rendered.advice
    assert np.array_equal(rendered.picture, noise)


def test_a_photos_reference_must_be_of_use(engine: NaturalEngine, portrait: Picture) -> None:
    """A colour photo of nobody is refused; a style photo counts where there is no other colour."""
    nobody = pictures.noise(320, 240)
    with pytest.raises(NoPerson):
        engine.retouch(portrait, Look("natural", color_photo=nobody))
    with pytest.raises(NoPerson):
        engine.retouch(portrait, Look("natural", style=nobody))
    assert engine.retouch(portrait, Look("natural", color=BLUE, style=nobody)).heads == 1


def test_a_films_hair_does_not_freeze(engine: NaturalEngine, portrait: Picture) -> None:
    """Between the frames at which the network looks the dyed hair moves with the head."""
    styler, look = engine.open_film(), Look("natural", color=BLUE)
    for step in range(12):
        picture = np.roll(portrait, 3 * step, axis=1)
        rendered = styler.render(picture, look, step % 4 == 0)
        fresh = engine.open().render(picture, look)
        mine, theirs = changed(picture, rendered.picture), changed(picture, fresh.picture)
        assert (mine & theirs).sum() / (mine | theirs).sum() > 0.7
