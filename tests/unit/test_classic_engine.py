"""The classic engine as a whole."""

import gc
from dataclasses import replace

import cv2
import numpy as np
import pytest

from media.frame import Picture
from processing.engine import Engine, Rendered, Styler
from processing.local.classic.blend import blend, fit
from processing.local.classic.box import Box, hair_box, whole_of
from processing.local.classic.engine import ClassicEngine, ClassicStyler
from processing.local.classic.hsv import color_table, photo_table, tint
from processing.local.memo import PhotoMemo
from processing.local.threads import use_one_thread_per_call
from processing.look import Look
from tests import pictures

COPPER = (0x23, 0x4B, 0xA6)
STYLE = pictures.noise(50, 70, 4)
PHOTO = pictures.noise(12, 9, 5)
FACE = Box(100, 120, 100, 100)
SCENE = pictures.noise(320, 240, 6)


class OneFace:
    """A detector that sees the same face in every picture."""

    def __init__(self, *faces: Box) -> None:
        self.faces = faces

    def find(self, picture: Picture, distant: bool) -> tuple[Box, ...]:
        return self.faces

    def find_near(self, picture: Picture, face: Box) -> Box | None:
        return face


def _render(picture: Picture, look: Look, *faces: Box) -> Rendered:
    return ClassicStyler(OneFace(*faces)).render(picture, look)


def _outside(picture: Picture, box: Box) -> Picture:
    rest = picture.copy()
    box.cut(rest)[:] = 0
    return rest


def _expected(source: Picture, region: Picture, look: Look, weight: float) -> Picture:
    if look.style is not None:
        region = blend(region, BOX.cut(fit(look.style, source)), weight)
    if look.color is not None:
        region = tint(region, color_table(look.color))
    if look.color_photo is not None:
        region = tint(region, photo_table(look.color_photo))
    return region


BOX = hair_box(FACE, SCENE)
LOOKS = {
    "style": Look("classic", style=STYLE),
    "colour": Look("classic", color=COPPER),
    "colour photo": Look("classic", color_photo=PHOTO),
    "style and colour": Look("classic", style=STYLE, color=COPPER),
}


@pytest.mark.parametrize("name", LOOKS)
def test_box_holds_the_formulas_and_the_rest_is_untouched(name: str) -> None:
    """Inside the hair box style comes first, then colour; outside not one bit changes."""
    before = SCENE.copy()
    rendered = _render(SCENE, LOOKS[name], FACE)
    expected = _expected(SCENE, BOX.cut(SCENE), LOOKS[name], 0.6)
    assert np.array_equal(BOX.cut(rendered.picture), expected)
    assert np.array_equal(_outside(rendered.picture, BOX), _outside(SCENE, BOX))
    assert np.array_equal(SCENE, before)
    assert rendered.heads == 1


def test_no_face_means_the_whole_picture() -> None:
    """Without a face all of the picture is blended, 70 to 30, and coloured."""
    look = LOOKS["style and colour"]
    rendered = _render(SCENE, look)
    blended = blend(SCENE, fit(STYLE, SCENE), 0.7)
    assert np.array_equal(rendered.picture, tint(blended, color_table(COPPER)))
    assert rendered.heads == 0


@pytest.mark.parametrize("name", LOOKS)
def test_intensity_mixes_source_and_result(name: str) -> None:
    """Half the intensity is half of the way in the box; none leaves the picture as it was."""
    whole = _render(SCENE, LOOKS[name], FACE).picture.astype(int)
    half = _render(SCENE, replace(LOOKS[name], intensity=0.5), FACE).picture
    none = _render(SCENE, replace(LOOKS[name], intensity=0.0), FACE).picture
    assert np.abs(half - (whole + SCENE) / 2).max() <= 0.5
    assert np.array_equal(none, SCENE)
    assert np.array_equal(_outside(half, BOX), _outside(SCENE, BOX))


def test_empty_box_changes_nothing() -> None:
    """A tiny face at the upper edge leaves no box; the picture comes back as it was."""
    rendered = _render(SCENE, LOOKS["style and colour"], Box(10, 0, 4, 4))
    assert np.array_equal(rendered.picture, SCENE)
    assert rendered.picture is not SCENE
    assert set(rendered.stage_ms) == {"head"}


@pytest.mark.parametrize(
    ("name", "stages"),
    [
        ("style", {"head", "style"}),
        ("colour", {"head", "colour"}),
        ("style and colour", {"head", "style", "colour"}),
    ],
)
def test_stages_are_timed(name: str, stages: set[str]) -> None:
    """Each stage that ran has a time, and no other."""
    stage_ms = _render(SCENE, LOOKS[name], FACE).stage_ms
    assert set(stage_ms) == stages
    assert all(ms >= 0 for ms in stage_ms.values())


@pytest.mark.parametrize(
    ("name", "applied"),
    [
        ("style", ("style",)),
        ("colour", ("color",)),
        ("colour photo", ("color",)),
        ("style and colour", ("style", "color")),
    ],
)
def test_engine_says_what_it_applies(name: str, applied: tuple[str, ...]) -> None:
    """What a look asks for is what the engine says it applies; nothing for an empty look."""
    engine: Engine = ClassicEngine()
    assert engine.applies(LOOKS[name]) == applied
    assert engine.applies(Look("classic")) == ()


def test_real_portrait_is_coloured_above_the_face() -> None:
    """With the real detector the astronaut's hair changes and her suit does not."""
    engine = ClassicEngine()
    engine.warm_up()
    styler: Styler = engine.open()
    portrait = pictures.portrait()
    rendered = styler.render(portrait, LOOKS["colour"])
    changed = (rendered.picture != portrait).any(axis=2)
    assert rendered.heads == 1
    assert changed[30:60, 200:250].mean() > 0.8
    assert not changed[150:].any()
    assert not changed[:, 320:].any()


@pytest.mark.parametrize("size", [(16, 16), (17, 23), (4096, 16), (1280, 720)])
def test_any_size_is_rendered(size: tuple[int, int]) -> None:
    """From 16 pixels a side the result has the size of what was given."""
    picture = np.zeros((size[1], size[0], 3), np.uint8)
    rendered = ClassicEngine().open().render(picture, LOOKS["style and colour"])
    assert rendered.picture.shape == picture.shape
    assert rendered.picture.flags.c_contiguous


def test_each_client_has_its_own_memory() -> None:
    """One engine's stylers do not share what they saw."""
    engine = ClassicEngine()
    seen = engine.open().render(pictures.portrait(), LOOKS["colour"])
    unseen = engine.open().render(pictures.noise(512, 512), LOOKS["colour"])
    assert (seen.heads, unseen.heads) == (1, 0)


def test_photo_is_prepared_once() -> None:
    """The same photo and size are not prepared again; another photo or size are."""
    memo: PhotoMemo[Picture] = PhotoMemo()
    made: list[int] = []

    def make() -> Picture:
        made.append(len(made))
        return whole_of(STYLE).cut(STYLE)

    for photo, key in ((STYLE, 1), (STYLE, 1), (STYLE, 2), (PHOTO, 2), (PHOTO, 2)):
        memo.get(photo, key, make)
    assert len(made) == 3


def test_forgotten_photo_is_not_kept_alive() -> None:
    """A photo that nobody else holds is gone, and its successor is prepared anew."""
    memo: PhotoMemo[Picture] = PhotoMemo()
    photo = pictures.noise()
    memo.get(photo, None, lambda: STYLE)
    del photo
    gc.collect()
    assert memo._photo is not None
    assert memo._photo() is None
    assert memo.get(pictures.noise(), None, lambda: PHOTO) is PHOTO


def test_styler_follows_a_change_of_look() -> None:
    """A new style photo shows in the very next frame of the same client."""
    styler = ClassicStyler(OneFace(FACE))
    styler.render(SCENE, LOOKS["style"])
    other = Look("classic", style=pictures.noise(50, 70, 9))
    expected = _expected(SCENE, BOX.cut(SCENE), other, 0.6)
    assert np.array_equal(BOX.cut(styler.render(SCENE, other).picture), expected)


def test_opencv_keeps_to_its_callers_thread() -> None:
    """After the call OpenCV uses one thread per call."""
    before = cv2.getNumThreads()
    try:
        use_one_thread_per_call()
        assert cv2.getNumThreads() == 1
    finally:
        cv2.setNumThreads(before)
