"""The parts of the quality bench with stand-ins for networks and dyes."""

from pathlib import Path

import numpy as np
import orjson
import pytest

from media.frame import Picture
from processing.local.natural.crop import Square
from processing.local.natural.matte import Matte
from tests.bench.quality import colour, contact, report, steady
from tests.bench.quality.arrays import Alpha
from tests.bench.quality.clips import still
from tests.bench.quality.leakage import is_light
from tests.bench.quality.paint import PaintFigures
from tests.bench.quality.report import Report, figure
from tests.bench.quality.subject import Raw, Refined, Seen, put_back, whole
from tests.bench.quality.truth import Face, TruthPicture

GOOD = PaintFigures(1.0, 3.0, 6.0, 0.95, 0.96, 0.8, 2.0)
POOR = PaintFigures(9.0, 11.0, 20.0, 0.4, 0.5, 0.1, 2.0)
FACE = Face(40.0, 40.0, 20.0, 30.0, ((45, 50), (55, 50), (50, 57), (46, 63), (54, 63)))


def left_half(picture: Picture, square: Square) -> np.ndarray:
    """A network that calls the left half of every square hair."""
    hair = np.zeros((32, 32), np.float32)
    hair[:, :16] = 1
    return hair


def test_network_sees_the_crop_and_answers_for_the_picture() -> None:
    """The left half of the square is hair; beyond the square there is none."""
    picture = np.full((100, 100, 3), 90, np.uint8)
    alpha = Raw("bare", left_half).matte(picture, Square(50.0, 50.0, 60.0))
    assert alpha[50, 30] == 255
    assert alpha[50, 70] == alpha[50, 15] == alpha[10, 30] == 0


def test_refined_matte_is_of_the_pictures_size() -> None:
    """Our matte over a stand-in network: solid where it is sure, nothing elsewhere."""
    picture = np.full((100, 100, 3), 90, np.uint8)
    alpha = Refined("natural", left_half).matte(picture, Square(50.0, 50.0, 60.0))
    assert alpha.shape == (100, 100)
    assert alpha[50, 33] == 255
    assert alpha[50, 75] == 0


def test_whole_matte() -> None:
    """The matte's rectangle stands where it belongs; no matte is no hair."""
    picture = np.zeros((10, 10, 3), np.uint8)
    alpha = whole(Matte(2, 3, np.full((4, 5), 7, np.uint8)), picture)
    assert alpha.sum() == 7 * 20
    assert alpha[3, 2] == alpha[6, 6] == 7
    assert not whole(None, picture).any()


def test_put_back_undoes_the_crop() -> None:
    """A plane of ones covers the square and nothing else."""
    plane = put_back(np.ones((32, 32), np.float32), Square(20, 20, 16), np.zeros((40, 40, 3), "B"))
    assert plane[20, 20] == 1
    assert plane.sum() == pytest.approx(256, rel=0.05)


def test_verdicts_need_every_pair() -> None:
    """One poor pair misses, and is told."""
    pairs = {("black", "copper"): [GOOD, GOOD], ("grey", "copper"): [POOR]}
    lines = colour.verdicts(pairs)
    assert all(line.startswith("MISSED") for line in lines[:4])
    assert "mean colour: 1 of 2 pairs; worst 9.00" in lines[0]
    assert all(line.startswith("ok") for line in colour.verdicts({("a", "b"): [GOOD]}))


def test_masking_with_the_truth() -> None:
    """Without a matter people's own mask is the matte."""
    true = _truth(lightness=30)
    assert (colour.masking(None)(true) == np.where(true.hair, 255, 0)).all()


def test_light_hair_is_told_from_dark() -> None:
    """It decides which way a picture is dyed; where there is no hair it is dyed light."""
    assert is_light(_truth(lightness=200))
    assert not is_light(_truth(lightness=30))
    assert not is_light(_truth(lightness=200, bottom=0))


def test_still_scene_is_noisy_and_reproducible() -> None:
    """Each frame differs from the last, as a camera's do, and every run sees the same."""
    one, other = (still(np.full((32, 32, 3), 128, np.uint8), 2) for _ in range(2))
    assert (one[0] != one[1]).any()
    assert all((a == b).all() for a, b in zip(one, other, strict=True))
    assert np.abs(one[0].astype(int) - 128).max() < 40


def test_still_scene_is_judged_once_settled() -> None:
    """A matte that jumps at first and rests later is steady; the dye's colour is judged too."""
    seen = [_seen(at * 10) for at in range(steady.SETTLING)] + [_seen(0)] * 5
    assert steady.judge_still(seen) == steady.Still(0.0, 0.0, 0.0, 1.0)
    wavering = steady.judge_still([_seen(0, level) for level in [100, 110] * 10])
    assert wavering.colour > 1
    assert wavering.change == 0


def test_engine_that_finds_nothing_is_not_steady() -> None:
    """Empty mattes give no figure, and the share of frames with hair tells why."""
    nothing = [Seen(np.zeros((40, 40), np.uint8), None)] * 20
    found = steady.judge_still(nothing)
    assert np.isnan([found.change, found.dtssd, found.colour]).all()
    assert found.shown == 0.0


def test_moving_scene_without_motion() -> None:
    """Without any flow the warped difference is the plain one."""
    rest = np.zeros((40, 40, 2), np.float32), np.ones((40, 40), np.bool_)
    mattes = [_alpha(at % 2) for at in range(steady.SETTLING + 4)]
    moving = steady.judge_moving(mattes, [rest] * (len(mattes) - 1))
    assert moving.warped == pytest.approx(moving.change)
    assert len(moving.warped) == 3


def test_report_keeps_what_other_parts_found(tmp_path: Path) -> None:
    """Parts are run one by one; the figures of all of them stand together."""
    report.write(Report("masks", "text one", {"iou": 0.5}), tmp_path)
    report.write(Report("speed", "text two", {"ms": float("nan")}), tmp_path)
    report.write(Report("masks", "text three", {"iou": 0.75}), tmp_path)
    figures = orjson.loads((tmp_path / "figures.json").read_bytes())
    text = (tmp_path / "figures.md").read_text()
    assert figures == {"masks": {"iou": 0.75}, "speed": {"ms": None}}
    assert "text one" not in text
    assert text.index("## masks\n\ntext three") < text.index("## speed\n\ntext two")


def test_figure_of_nothing() -> None:
    """What was not measured is a dash."""
    assert (figure(float("nan")), figure(0.12345), figure(3.0, 1)) == ("-", "0.123", "3.0")


def test_sheets_have_equal_cells() -> None:
    """Any picture fits a cell; rows are filled up, pages are not."""
    pictures = [np.zeros((20, 40, 3), np.uint8), np.zeros((50, 10, 3), np.uint8)]
    cells = [contact.cell(picture, "name", 30) for picture in pictures]
    assert {cell.shape for cell in cells} == {(30 + contact.LABEL_PX, 30, 3)}
    pages = list(contact.pages(cells * 2, 3, 1))
    assert [page.shape[1] for page in pages] == [90, 90]


def test_outline_is_drawn_on_a_copy() -> None:
    """The picture that is judged stays as it is."""
    picture = np.zeros((20, 20, 3), np.uint8)
    mask = np.zeros((20, 20), np.bool_)
    mask[5:10, 5:10] = True
    drawn = contact.outlined(picture, mask, contact.GREEN)
    assert drawn[5, 5].tolist() == [0, 255, 0]
    assert not picture.any()


def _truth(lightness: int, bottom: int = 60) -> TruthPicture:
    hair = np.zeros((100, 100), np.bool_)
    hair[:bottom] = True
    return TruthPicture("lfw/x", np.full((100, 100, 3), lightness, np.uint8), hair, FACE)


def _alpha(right: int) -> Alpha:
    alpha = np.zeros((40, 40), np.uint8)
    alpha[10:30, 10 + right : 30 + right] = 255
    return alpha


def _seen(right: int, level: int = 100) -> Seen:
    return Seen(_alpha(right), np.full((40, 40, 3), level, np.uint8))
