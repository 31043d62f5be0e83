"""Recolouring: the target's colour, the hair's own strands, and nothing else touched."""

from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000

from media.frame import Picture
from processing.local.natural.lab import lab_of
from processing.local.natural.matte import Matte
from processing.local.natural.recolour import Colourist, Dye
from processing.local.natural.reference import HairColour
from processing.local.natural.view import View
from processing.look import Bgr, Highlights, Look, Ombre, bgr_of

SOURCES: dict[str, Bgr] = {
    "black": (22, 20, 24),
    "brown": (40, 62, 90),
    "blonde": (120, 165, 200),
    "red": (30, 50, 120),
    "grey": (125, 122, 120),
    "white": (205, 210, 212),
}
TARGETS: dict[str, str] = {
    "platinum": "#e3d8c3",
    "honey": "#bd8d54",
    "copper": "#a64b23",
    "auburn": "#73301d",
    "dark-brown": "#3d2a20",
    "jet-black": "#14110f",
    "royal-blue": "#2747a6",
    "pastel-pink": "#eab2c0",
}
FACE = (160.0, 90.0, 90.0)


def _scene(color: Bgr = (40, 62, 90), seed: int = 1) -> tuple[Picture, Matte]:
    """Strands of a colour, lit from one side, before a grey wall; 240 x 320 px."""
    rng = np.random.default_rng(seed)
    strands = cv2.GaussianBlur(rng.normal(0, 1, (240, 320)), (0, 0), sigmaX=0.7, sigmaY=9)
    light = 1 + 0.2 * np.linspace(-1, 1, 320) + 0.12 * strands / strands.std()
    hair = np.clip(np.asarray(color) * light[..., None] + 3, 0, 255)
    alpha = np.zeros((240, 320), np.uint8)
    cv2.ellipse(alpha, (160, 125), (100, 95), 0, 0, 360, 255, -1)
    alpha = np.asarray(cv2.GaussianBlur(alpha, (0, 0), 2), np.uint8)
    share = alpha[..., None] / 255
    picture = np.rint(share * hair + (1 - share) * 140).astype(np.uint8)
    return picture, Matte(50, 20, np.ascontiguousarray(alpha[20:230, 50:270]))


def _alpha(matte: Matte) -> NDArray[np.uint8]:
    whole = np.zeros((240, 320), np.uint8)
    rows, columns = matte.alpha.shape
    whole[matte.top : matte.top + rows, matte.left : matte.left + columns] = matte.alpha
    return whole


def _look(color: str | None = None, **values: Any) -> Look:
    return Look("natural", color=bgr_of(color) if color else None, **values)


def _dyed(
    color: str | None = None, scene: tuple[Picture, Matte] | None = None, **values: Any
) -> Picture:
    picture, matte = scene or _scene()
    return Colourist().apply(View(picture), matte, Dye.of(_look(color, **values)), FACE)


def _distance(picture: Picture, color: str, where: NDArray[np.bool_]) -> float:
    found = lab_of(picture[where])
    target = np.broadcast_to(lab_of(bgr_of(color)), found.shape)
    return float(deltaE_ciede2000(found, target).mean())  # type: ignore[no-untyped-call]


def _detail(picture: Picture) -> NDArray[np.float64]:
    lightness = lab_of(picture)[..., 0]
    return np.asarray(lightness - cv2.GaussianBlur(lightness, (0, 0), 4))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("source", SOURCES)
def test_any_hair_takes_any_colour(source: str, target: str) -> None:
    """From dark to light and back the colour is met and the strands are kept."""
    scene = _scene(SOURCES[source])
    core = cv2.erode(_alpha(scene[1]), np.ones((13, 13))) == 255
    dyed = _dyed(TARGETS[target], scene)
    assert _distance(dyed, TARGETS[target], core) < 5
    before, after = _detail(scene[0])[core], _detail(dyed)[core]
    assert np.corrcoef(before, after)[0, 1] > 0.85
    assert 0.6 < after.std() / before.std() < 1.4


def test_outside_the_matte_nothing_changes() -> None:
    """Where alpha is 0, within its rectangle too, the result is the picture bit for bit."""
    picture, matte = _scene()
    before = picture.copy()
    dyed = _dyed("#e3d8c3", (picture, matte))
    assert np.array_equal(picture, before)
    outside = _alpha(matte) == 0
    assert np.array_equal(dyed[outside], picture[outside])
    assert (dyed != picture).any()


@pytest.mark.parametrize("intensity", [0.0, 0.5])
def test_intensity_lies_between_own_and_dyed(intensity: float) -> None:
    """Half the intensity is half way between, but for a rim of a pixel; none is the picture."""
    scene = _scene()
    whole = _dyed("#a64b23", scene).astype(float)
    part = _dyed("#a64b23", scene, intensity=intensity).astype(float)
    expected = scene[0] + intensity * (whole - scene[0])
    assert np.abs(part - expected).max() <= 8


def test_the_edge_has_no_halo() -> None:
    """Black hair made platinum before a grey wall: no pixel is lighter than dye and wall allow,
    and none is darker than the wall."""
    picture, matte = _scene(SOURCES["black"])
    dyed = _dyed("#e3d8c3", (picture, matte))
    alpha = _alpha(matte)
    edge = (alpha > 20) & (alpha < 235)
    luma = cv2.cvtColor(dyed, cv2.COLOR_BGR2GRAY)[edge]
    share = alpha[edge] / 255
    expected = share * 216 + (1 - share) * 140
    assert np.abs(luma - expected).mean() < 16
    assert luma.min() > 105


def test_shadows_stay_darker() -> None:
    """The side that lay in the shade is still the darker one when black has become platinum."""
    picture, matte = _scene(SOURCES["black"])
    lightness = lab_of(_dyed("#e3d8c3", (picture, matte)))[..., 0]
    assert lightness[100:150, 70:110].mean() + 2 < lightness[100:150, 210:250].mean()


def test_shine_makes_highlights_lighter() -> None:
    """With shine the lightest strands are lighter, and the middle of them all hardly moves."""
    plain, glossy = (lab_of(_dyed("#3d2a20", shine=shine))[80:170, 110:210, 0] for shine in (0, 1))
    assert np.percentile(glossy, 98) > np.percentile(plain, 98) + 2
    assert abs(np.median(glossy) - np.median(plain)) < 1


def test_shine_alone_keeps_the_colour() -> None:
    """Without a colour shine only adds light: no pixel gets darker, the hue of most stays."""
    picture, _ = _scene()
    glossy = _dyed(shine=1.0)
    assert (glossy >= picture.astype(int) - 2).all()
    assert (glossy > picture + 5).any()
    assert np.median(np.abs(glossy.astype(int) - picture)) <= 1


def test_ombre_runs_from_roots_to_tips() -> None:
    """The roots have the look's colour, the tips the ombre's."""
    dyed = _dyed("#14110f", ombre=Ombre(bgr_of("#a64b23")))
    roots, tips = lab_of(dyed[45:70, 130:190]), lab_of(dyed[190:210, 130:190])
    assert np.hypot(*roots[..., 1:].reshape(-1, 2).mean(axis=0)) < 10
    assert np.hypot(*tips[..., 1:].reshape(-1, 2).mean(axis=0)) > 35


def test_ombre_may_leave_the_roots_their_own() -> None:
    """With neither a colour nor roots the hair's own colour is at the top, but for rounding."""
    scene = _scene()
    dyed = _dyed(None, scene, ombre=Ombre(bgr_of("#e3d8c3"), position=0.7, softness=0.2))
    assert np.abs(dyed[40:80].astype(int) - scene[0][40:80]).max() <= 3
    assert dyed[200:212, 140:180].mean() > scene[0][200:212, 140:180].mean() + 60


def test_roots_of_an_ombre_go_before_the_colour() -> None:
    """An ombre's own roots are dyed in their colour."""
    dyed = _dyed("#14110f", ombre=Ombre(bgr_of("#e3d8c3"), roots=bgr_of("#2747a6")))
    assert lab_of(dyed[45:70, 130:190])[..., 2].mean() < -35


def test_highlights_are_streaks() -> None:
    """Some strands take the second colour, about as many as asked for, and others the first."""
    dyed = _dyed("#14110f", highlights=Highlights(bgr_of("#e3d8c3"), amount=0.4))
    lightness = lab_of(dyed)[80:170, 110:210, 0]
    assert 0.2 < (lightness > 45).mean() < 0.6
    assert np.percentile(lightness, 5) < 15
    assert np.percentile(lightness, 95) > 70


def test_a_still_head_does_not_flicker() -> None:
    """With camera noise the mean colour of the dyed hair moves by less than a level."""
    picture, matte = _scene()
    rng, colourist, dye = np.random.default_rng(4), Colourist(), Dye.of(_look("#e3d8c3"))
    means = []
    for _ in range(12):
        noisy = np.clip(picture + rng.normal(0, 3, picture.shape), 0, 255).astype(np.uint8)
        means.append(colourist.apply(View(noisy), matte, dye)[80:170, 110:210].mean())
    assert np.ptp(means) < 1


@pytest.mark.parametrize("wanted", ["#e3d8c3", "#0f0d0e", "#a64b23"])
def test_coarse_shading_gives_the_same_hair(wanted: str) -> None:
    """With less trouble taken the colour is the same, and pixels without hair are the picture's."""
    picture, matte = _scene()
    core = cv2.erode(_alpha(matte), np.ones((13, 13))) == 255
    dye = Dye.of(_look(wanted))
    fine = Colourist().apply(View(picture), matte, dye)
    coarse = Colourist().apply(View(picture), matte, dye, coarse=True)
    assert abs(_distance(coarse, wanted, core) - _distance(fine, wanted, core)) < 1
    assert np.array_equal(coarse[_alpha(matte) == 0], picture[_alpha(matte) == 0])
    assert not np.array_equal(coarse, fine)


def test_streaks_stay_where_they_are_with_coarse_shading() -> None:
    """Highlights are drawn on the grid: they must not move when load changes."""
    picture, matte = _scene()
    dye = Dye.of(_look("#3b2a20", highlights=Highlights((230, 200, 150), 0.4)))
    fine = Colourist().apply(View(picture), matte, dye, FACE)
    assert np.array_equal(Colourist().apply(View(picture), matte, dye, FACE, coarse=True), fine)


def test_a_change_of_light_is_followed() -> None:
    """When the lamp is dimmed the dyed hair is back at its colour after half a second."""
    scene = _scene(SOURCES["blonde"])
    dim = (scene[0] * 0.6).astype(np.uint8)
    core = cv2.erode(_alpha(scene[1]), np.ones((13, 13))) == 255
    colourist, dye = Colourist(), Dye.of(_look("#a64b23"))
    colourist.apply(View(scene[0]), scene[1], dye)
    frames = [colourist.apply(View(dim), scene[1], dye) for _ in range(15)]
    steps = [_distance(frame, "#a64b23", core) for frame in frames]
    assert steps[-1] < 5
    assert steps[-1] < steps[0]


def test_a_reference_is_taken_over() -> None:
    """Brown hair dyed from measured blonde hair has its mean colour and about its contrast."""
    blonde, matte = _scene(SOURCES["blonde"], 3)
    hair = HairColour.measure(blonde, _alpha(matte))
    picture, matte = _scene()
    dyed = Colourist().apply(View(picture), matte, Dye.of(_look(), hair))
    core = cv2.erode(_alpha(matte), np.ones((13, 13))) == 255
    theirs, ours = lab_of(blonde[core]), lab_of(dyed[core])
    assert np.abs(ours.mean(axis=0) - theirs.mean(axis=0)).max() < 4
    assert 0.6 < ours[:, 0].std() / theirs[:, 0].std() < 1.5


def test_a_colour_goes_before_the_reference() -> None:
    """A look's own colour is dyed even where a reference is given."""
    scene = _scene(SOURCES["blonde"], 3)
    hair = HairColour.measure(scene[0], _alpha(scene[1]))
    alone, both = Dye.of(_look("#2747a6")), Dye.of(_look("#2747a6"), hair)
    assert alone.base is not None
    assert both.base is not None
    assert np.array_equal(alone.base, both.base)


def test_no_streaks_leave_everything_as_it_is() -> None:
    """Highlights of no amount are none."""
    assert Dye.of(_look(highlights=Highlights((90, 140, 190), 0.0))).is_empty


def test_hair_that_keeps_its_colour_keeps_its_edge() -> None:
    """Where streaks leave the hair as it is, its edge is not made lighter or darker."""
    picture, matte = _scene()
    dyed = _dyed(None, (picture, matte), highlights=Highlights((255, 255, 255), 0.02))
    changed = np.abs(dyed.astype(int) - picture).max(axis=2) > 3
    assert changed[(_alpha(matte) > 0) & (_alpha(matte) < 200)].mean() < 0.05


def test_grey_frames_are_dyed() -> None:
    """A frame without colour takes one."""
    picture, matte = _scene(SOURCES["grey"])
    luma = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
    grey = np.repeat(luma[..., None], 3, axis=2)
    core = cv2.erode(_alpha(matte), np.ones((13, 13))) == 255
    assert _distance(_dyed("#2747a6", (grey, matte)), "#2747a6", core) < 5


@pytest.mark.parametrize("value", [0, 255])
def test_burnt_out_or_black_hair_is_dyed(value: int) -> None:
    """Hair of one single value has no strands, and still takes the colour."""
    picture = np.full((240, 320, 3), value, np.uint8)
    _, matte = _scene()
    core = cv2.erode(_alpha(matte), np.ones((13, 13))) == 255
    assert _distance(_dyed("#a64b23", (picture, matte)), "#a64b23", core) < 5


LOOKS: tuple[dict[str, Any], ...] = (
    {"color": (35, 75, 166)},
    {"color": (35, 75, 166), "shine": 1.0, "intensity": 0.5},
    {"ombre": Ombre((200, 210, 220)), "highlights": Highlights((90, 140, 190))},
)


@pytest.mark.parametrize("values", LOOKS)
@pytest.mark.parametrize("size", [(16, 16), (1, 1), (3, 50), (97, 61)])
def test_small_pictures_and_mattes(size: tuple[int, int], values: dict[str, Any]) -> None:
    """Any size of picture and matte is handled, at and over the border too."""
    rng = np.random.default_rng(6)
    picture = rng.integers(0, 256, (*size, 3), np.uint8)
    dye = Dye.of(Look("natural", **values))
    for left, top, shape in ((0, 0, size), (size[1] - 1, 0, (1, 1)), (-2, -3, (9, 7))):
        alpha = rng.integers(1, 256, shape, np.uint8)
        dyed = Colourist().apply(View(picture), Matte(left, top, alpha), dye)
        assert dyed.shape == picture.shape
        assert dyed.dtype == np.uint8


@pytest.mark.parametrize("shape", [(0, 0), (5, 0), (30, 30)])
def test_an_empty_matte_changes_nothing(shape: tuple[int, int]) -> None:
    """No rectangle, or nothing but zeros in it: the picture, as a copy."""
    picture, _ = _scene()
    matte = Matte(10, 10, np.zeros(shape, np.uint8))
    dyed = Colourist().apply(View(picture), matte, Dye.of(_look("#a64b23")))
    assert np.array_equal(dyed, picture)
    assert dyed is not picture


def test_a_matte_beside_the_picture_changes_nothing() -> None:
    """A rectangle wholly outside is as good as none."""
    picture, _ = _scene()
    matte = Matte(400, 10, np.full((9, 9), 255, np.uint8))
    dyed = Colourist().apply(View(picture), matte, Dye.of(_look("#a64b23")))
    assert np.array_equal(dyed, picture)
