"""Scenes: what is cut from a portrait for one step of training."""

import numpy as np
import pytest

from processing.local.natural.crop import BEYOND
from processing.training.faces import Face
from processing.training.labels import Label
from processing.training.pictures import Portrait
from processing.training.sampler import make_scene, odds
from processing.training.scene import Scene, face_plane, frame

FACE = Face(100, 110, 60, 80, ((85, 100), (115, 100), (100, 112), (88, 130), (112, 130)))
SKIN, HAIR, WALL = (140, 170, 210), (30, 40, 50), (200, 190, 180)
SEEDS = range(120)


def portrait(mark: str | None = None, name: str = "drawn/0", top: int = 40) -> Portrait:
    """A drawn head: a block of skin, hair above it from row ``top`` on, a light wall behind."""
    picture = np.full((240, 200, 3), WALL, np.uint8)
    hair = np.zeros((240, 200), np.uint8)
    hair[top:80, 60:140] = 255
    picture[hair > 0] = HAIR
    picture[80:150, 70:130] = SKIN
    return Portrait(name, picture, Label(hair, np.full_like(hair, 255)), (FACE,), mark)


@pytest.fixture
def _on_target(monkeypatch: pytest.MonkeyPatch) -> None:
    """No crop goes astray: the head is where the tracker has it."""
    monkeypatch.setattr("processing.training.scene.ASTRAY_SHARE", 0.0)


def scenes(size_px: int = 96) -> list[Scene]:
    """Many crops of it."""
    return [frame(portrait(), size_px, np.random.default_rng(seed)) for seed in SEEDS]


def test_planes_fit_together() -> None:
    """Picture and planes are squares of the asked size, all of bytes."""
    for scene in scenes():
        assert scene.picture.shape == (96, 96, 3)
        for plane in (scene.hair, scene.face, scene.weight):
            assert plane.shape == (96, 96)
            assert plane.dtype == np.uint8


def test_label_moves_with_the_picture() -> None:
    """However the crop is turned and mirrored, where hair is labelled the picture is dark."""
    for scene in scenes():
        sure = (scene.hair == 255) & (scene.weight == 255)
        dark = scene.picture.mean(2)
        assert not sure.any() or np.median(dark[sure]) < 60


@pytest.mark.usefixtures("_on_target")
def test_face_stays_near_the_middle() -> None:
    """The face's ellipse is centred within the crop, off-centre by no more than is meant."""
    for scene in scenes():
        rows, columns = np.nonzero(scene.face > 127)
        assert 0.1 * 96 < rows.mean() < 0.9 * 96
        assert 0.1 * 96 < columns.mean() < 0.9 * 96


def test_some_crops_go_astray(monkeypatch: pytest.MonkeyPatch) -> None:
    """Crops beside the head show no face, or its edge only, and the face's plane says so."""
    monkeypatch.setattr("processing.training.scene.ASTRAY_SHARE", 1.0)
    faces = [float((scene.face > 127).mean()) for scene in scenes()]
    assert sum(face == 0 for face in faces) > 5
    assert np.median(faces) < 0.1


@pytest.mark.usefixtures("_on_target")
def test_axes_move_with_the_picture() -> None:
    """Between eyes and mouth there is skin, above the brows hair, and the axes say where."""
    for seed in SEEDS:
        scene = frame(portrait(), 160, np.random.default_rng(seed))
        x, y = (round(value) for value in scene.axes.point(0.5, 0.0))
        if scene.weight[y, x] == 255:
            assert np.abs(scene.picture[y, x].astype(int) - SKIN).max() < 30


def test_mirrored_faces_keep_left_and_right() -> None:
    """The first eye is the left one in the crop too: across grows in the same direction."""
    for scene in scenes():
        left, right = scene.axes.point(0, -0.5), scene.axes.point(0, 0.5)
        assert left[0] < right[0]


@pytest.mark.usefixtures("_on_target")
def test_what_is_cut_off_does_not_count() -> None:
    """Where an edge was cut through the head there is grey, and it weighs nothing."""
    made = scenes()
    cut = [(scene.weight == 0) & (scene.face > 250) for scene in made]
    assert any(gone.any() for gone in cut)
    for scene, gone in zip(made, cut, strict=True):
        seam_px = 96
        if gone.sum() > seam_px:
            assert np.median(np.abs(scene.picture[gone].astype(int) - BEYOND)) == 0


def test_faces_are_ellipses() -> None:
    """A face box becomes the ellipse in it: its area is a quarter of pi of the box's."""
    plane = face_plane((FACE,), np.array([[1.0, 0, 0], [0, 1.0, 0]]), 220)
    area = float((plane > 127).sum())
    assert abs(area / (np.pi / 4 * FACE.width * FACE.height) - 1) < 0.05
    assert plane[110, 100] == 255
    assert plane[110, 140] == 0


def test_same_seed_same_scene() -> None:
    """Everything comes from the generator that is handed in."""
    made = [make_scene([portrait()], 0, 64, np.random.default_rng(5)) for _ in range(2)]
    assert np.array_equal(made[0].picture, made[1].picture)
    assert np.array_equal(made[0].hair, made[1].hair)


def test_dressed_scenes_keep_their_shape() -> None:
    """Whatever happens to a scene, it stays a square of bytes."""
    pair = [portrait(), portrait("hat", top=0)]
    for seed in SEEDS:
        scene = make_scene(pair, seed % 2, 64, np.random.default_rng(seed))
        assert scene.picture.shape == (64, 64, 3)
        assert {scene.picture.dtype, scene.hair.dtype, scene.weight.dtype} == {np.dtype(np.uint8)}


def test_rare_heads_are_drawn_more_often() -> None:
    """Odds add up to 1; bald heads and synthetic portraits come more often than others."""
    share = odds([portrait(), portrait("bald_ok"), portrait(name="sfhq/1"), portrait("bald_bad")])
    assert abs(share.sum() - 1) < 1e-9
    assert (share / share[0]).tolist() == pytest.approx([1.0, 2.5, 5 / 3, 1.0])
