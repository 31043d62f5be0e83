"""Shaken films made calm: the movement is seen, smoothed within the edges, and taken out."""

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from media.film.probe import FilmLimits, probe
from media.frame import Picture
from processing.film.calm import MAX_ZOOM, corrections, shake
from processing.film.camera import CameraMotion, Movement, step_between
from processing.film.dyer import FilmOrder, dye_film
from processing.film.steady import Steadier
from processing.look import Look
from tests.engines import SimpleEngine

SIZE = (320, 240)
RATE_FPS = 30.0


def scene() -> Picture:
    """A place to film, larger than the picture, with corners in it."""
    rng = np.random.default_rng(5)
    coarse = rng.integers(0, 255, (60, 80, 3), np.uint8)
    return np.asarray(cv2.resize(coarse, (640, 480), interpolation=cv2.INTER_CUBIC), np.uint8)


def filmed(moves: Movement, place: Picture | None = None) -> list[Picture]:
    """The place, filmed by a camera that sees it shifted, turned and scaled by these."""
    place = scene() if place is None else place
    pictures = []
    for x, y, turn, growth in moves:
        cosine, sine = np.cos(turn) * np.exp(growth), np.sin(turn) * np.exp(growth)
        middle = np.array([SIZE[0] / 2 + x, SIZE[1] / 2 + y])
        turned = np.array([[cosine, -sine], [sine, cosine]])
        shift = middle - turned @ np.array([320, 240])
        matrix = np.column_stack([turned, shift])
        pictures.append(np.asarray(cv2.warpAffine(place, matrix, SIZE), np.uint8))
    return pictures


def grey(picture: Picture) -> NDArray[np.uint8]:
    """Its brightness."""
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)


def shaken(frames: int, size_px: float, turn: float = 0.0) -> Movement:
    """A hand that trembles by so much, while it slowly pans."""
    rng = np.random.default_rng(7)
    moves = np.zeros((frames, 4))
    moves[:, :2] = rng.normal(0, size_px, (frames, 2))
    moves[:, 0] += np.linspace(-20, 20, frames)
    moves[:, 2] = rng.normal(0, turn, frames)
    return moves


@pytest.mark.parametrize(
    "move", [(3, -2, 0, 0), (0, 0, 0.03, 0), (0, 0, 0, 0.03), (5, 1, -0.02, 0.01)]
)
def test_a_movement_is_seen(move: tuple[float, float, float, float]) -> None:
    """Its shift to a fifth of a pixel, its turn and its scale to a thousandth."""
    before, after = filmed(np.array([(0, 0, 0, 0), move], float))
    step = step_between(grey(before), grey(after), 1.0)
    assert step is not None
    assert step == pytest.approx(move, abs=0.2)
    assert step[2:] == pytest.approx(move[2:], abs=0.001)


def test_another_scene_is_a_cut() -> None:
    """So is what has no corners at all; nothing is moved across it."""
    still = filmed(np.zeros((3, 4)))
    other = [np.asarray(255 - picture[::-1, ::-1], np.uint8) for picture in still]
    motion = CameraMotion.of([*still, *other, np.zeros_like(still[0])])
    assert motion.cuts.tolist() == [True, False, False, True, False, False, True]
    assert np.abs(motion.steps).max() < 0.1


def test_shaking_is_taken_out() -> None:
    """What remains is a tenth, measured in the calm pictures; the slow pan stays."""
    pictures = filmed(shaken(90, 3.0, 0.005))
    motion = CameraMotion.of(pictures)
    steadier = Steadier(*corrections(motion, RATE_FPS, SIZE))
    calm = CameraMotion.of([steadier.next(picture) for picture in pictures])
    assert shake(motion, RATE_FPS) > 3
    assert shake(calm, RATE_FPS) < shake(motion, RATE_FPS) / 10
    assert calm.steps[:, 0].sum() == pytest.approx(40 * steadier.zoom, rel=0.15)
    assert 1 < steadier.zoom <= MAX_ZOOM


@pytest.mark.parametrize("size_px", [0.0, 2.0, 10.0, 60.0])
def test_no_edge_shows(size_px: float) -> None:
    """However wildly it shakes: no pixel is taken from outside, and no more is cut away."""
    moves = shaken(40, size_px, size_px / 300)
    motion = CameraMotion(np.diff(moves, axis=0, prepend=moves[:1]), np.eye(1, 40, dtype=bool)[0])
    moved, zoom = corrections(motion, RATE_FPS, SIZE)
    assert zoom <= MAX_ZOOM + 1e-3
    steadier = Steadier(moved, zoom)
    white = np.full((SIZE[1], SIZE[0], 3), 255, np.uint8)
    framed = cv2.rectangle(white, (0, 0), (SIZE[0] - 1, SIZE[1] - 1), (0, 0, 0), 1)
    for _ in range(40):
        edges = steadier.next(np.asarray(framed, np.uint8))
        # The frame's own edge lies on or outside of the picture's edge everywhere.
        assert edges[2:-2, 2:-2].min() > 200


def test_a_still_film_stays_as_it_is() -> None:
    """To the bit."""
    pictures = [np.asarray(scene()[:240, :320], np.uint8)] * 10
    steadier = Steadier(*corrections(CameraMotion.of(pictures), RATE_FPS, SIZE))
    assert all(steadier.next(picture) is picture for picture in pictures)


@pytest.mark.parametrize("size", [(2, 2000), (1, 1920), (1000, 1), (1, 1)])
def test_thin_films(size: tuple[int, int]) -> None:
    """There is nothing to follow in them."""
    pictures = [np.zeros((*size, 3), np.uint8)] * 3
    assert CameraMotion.of(pictures).cuts.tolist() == [True] * 3


@pytest.mark.parametrize("frames", [0, 1, 2])
def test_the_shortest_films(frames: int) -> None:
    """There is nothing to smooth."""
    motion = CameraMotion.of(filmed(np.zeros((frames, 4))))
    moved, zoom = corrections(motion, RATE_FPS, SIZE)
    assert (len(moved), shake(motion, RATE_FPS)) == (frames, 0)
    assert zoom == pytest.approx(1)


def test_a_whole_film_is_made_calm(tmp_path: Path) -> None:
    """Decoded, calmed, changed, encoded: as many frames, of the same size."""
    source, target = tmp_path / "source.mp4", tmp_path / "target.mp4"
    with av.open(str(source), "w") as output:
        stream = output.add_stream("libx264", rate=30, options={"crf": "12"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for number, picture in enumerate(filmed(shaken(60, 3.0))):
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, 30)
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    film = probe(source, FilmLimits(60, 1000, 1_000_000))
    look = Look("any", color=(0, 0, 0))
    order = FilmOrder(source, film, target, tmp_path / "thumb.jpg", look, 0.5, stabilize=True)
    same = SimpleEngine("same", lambda picture: picture)
    assert dye_film(order, same, lambda _: None).frames == 60
    before, after = (CameraMotion.of(frames(path)) for path in (source, target))
    assert shake(after, RATE_FPS) < shake(before, RATE_FPS) / 5


def frames(path: Path) -> list[Picture]:
    """All pictures of a film."""
    with av.open(str(path), "r") as container:
        decoded = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
    return [np.asarray(one, np.uint8) for one in decoded]
