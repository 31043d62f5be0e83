"""The frames of a film that are worth to be edited: few, and yet each scene and pose has one."""

from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from media.film.probe import FilmInfo
from media.film.reader import FilmFrame, FilmReader
from media.frame import Picture
from processing.cloud.carry.likeness import features, likeness
from processing.film.cuts import CutFinder
from processing.film.poses import chosen, ranked
from processing.local.natural.effort import SAMPLED
from processing.local.natural.hair_track import HairTrack
from processing.local.natural.heads import SURE, Finder, Head, HeadFinder
from processing.local.natural.model import HairModel, Networks, Segmenter
from processing.local.natural.planes import Bytes
from processing.local.natural.view import View

LOOKS: Final = 80
"""So many frames are looked at, evenly over the film."""
WHOLE: Final = 0.6
"""A face is whole in the picture if its middle is so many face heights from the left and right."""
ABOVE: Final = 0.55
"""And from the top: there is room for hair."""
EDGE_CELLS: Final = 2
MOST_CUT: Final = 0.25
"""Of the picture's edge beside and above the head, in a strip of so many cells, so much may be
hair."""
SIZES: Final = 1.5
"""A head so many times as large is another pose."""


@dataclass(frozen=True, slots=True, eq=False)
class Keyframe:
    """A frame, by its number in the film, and its picture, BGR."""

    index: int
    picture: Picture


@dataclass(frozen=True, slots=True, eq=False)
class _Sight:
    """A frame that might do: its scene, its head and that head's features, and how sharp it is."""

    index: int
    scene: int
    head: Head
    features: Bytes
    sharpness: float

    def likeness(self, other: "_Sight") -> float:
        """How well an edit of this one could be carried to the other, 0 to 1."""
        if self.scene != other.scene:
            return 0.0
        sizes = abs(np.log(self.head.height / other.head.height)) / np.log(SIZES)
        return float(max(0.0, likeness(self.features, other.features)) * max(0.0, 1 - sizes**2))


def scout(
    source: Path,
    film: FilmInfo,
    networks: Networks,
    most: int,
    looked: Callable[[], None] = lambda: None,
) -> tuple[Keyframe, ...]:
    """At most ``most`` frames, in order of time, that an edit of stands for the others: sharp, with
    one whole head, its hair within the picture. None where there is no such frame. The film is read
    through for it, and read again as far as the last of them; ``looked`` is called for each frame.

    Raises BrokenFilm.
    """
    eyes = HeadFinder(networks), HairModel(networks)
    step = max(1, -(-film.frame_count // LOOKS))
    found = worth_editing(_pictures(source, film), eyes, most, step, looked)
    with closing(_pictures(source, film)) as pictures:
        return tuple(_kept(pictures, found, looked))


def worth_editing(
    pictures: Generator[Picture, None, None],
    eyes: tuple[Finder, Segmenter],
    most: int,
    step: int = 1,
    looked: Callable[[], None] = lambda: None,
) -> list[int]:
    """Which of a film's pictures, of which every ``step``-th is looked at; see scout."""
    sights = list(_sights(pictures, eyes, step, looked))
    alike = np.array([[one.likeness(other) for other in sights] for one in sights])
    worth = ranked([sight.sharpness for sight in sights])
    return [sights[at].index for at in chosen(alike, worth, most)]


def _kept(
    pictures: Iterable[Picture], found: list[int], looked: Callable[[], None]
) -> Generator[Keyframe, None, None]:
    for index, picture in enumerate(pictures):
        looked()
        if index in found:
            yield Keyframe(index, picture)
        if index >= max(found, default=0):
            return


def _pictures(source: Path, film: FilmInfo) -> Generator[Picture, None, None]:
    with FilmReader.open(source, film) as reader:
        for part in reader.read():
            if isinstance(part, FilmFrame):
                yield part.picture


def _sights(
    pictures: Generator[Picture, None, None],
    eyes: tuple[Finder, Segmenter],
    step: int,
    looked: Callable[[], None],
) -> Generator[_Sight, None, None]:
    cuts, scene = CutFinder(), -1
    with closing(pictures):
        for index, picture in enumerate(pictures):
            scene += cuts.begins(picture)
            looked()
            if index % step == 0 and (sight := _sight(index, scene, picture, *eyes)) is not None:
                yield sight


def _sight(
    index: int, scene: int, picture: Picture, finder: Finder, segmenter: Segmenter
) -> _Sight | None:
    """What is seen in a frame; None if it would not do."""
    heads = finder.find(picture)
    if len(heads) != 1 or heads[0].score < SURE:
        return None
    view, track = View(picture), HairTrack(heads[0])
    track.aim_at(view, segmenter, SAMPLED)
    if not track.confirms(heads[0]) or not _is_whole(track, picture.shape):
        return None
    return _Sight(index, scene, track.head, features(view, track.head), _sharpness(view, track))


def _is_whole(track: HairTrack, shape: tuple[int, ...]) -> bool:
    head, (height, width) = track.head, shape[:2]
    inside = (
        WHOLE * head.height <= head.cx <= width - WHOLE * head.height
        and ABOVE * head.height <= head.cy <= height - head.height / 2
    )
    return inside and not _is_cut(track, shape)


def _is_cut(track: HairTrack, shape: tuple[int, ...]) -> bool:
    """Whether hair is cut off beside or above the head; below it may hang out of the picture."""
    grid = len(track.hair)
    shown = track.square.shown(grid, shape)
    rows, columns = np.flatnonzero(shown.any(1)), np.flatnonzero(shown.any(0))
    cell = track.square.side / grid
    upper = slice(rows[0], max(rows[0] + 1, int((track.head.cy - track.square.top) / cell)))
    strips = []
    if track.square.left < 0:
        strips.append(track.hair[upper, columns[0] : columns[0] + EDGE_CELLS])
    if track.square.left + track.square.side > shape[1]:
        strips.append(track.hair[upper, columns[-1] - EDGE_CELLS + 1 : columns[-1] + 1])
    if track.square.top < 0:
        strips.append(track.hair[rows[0] : rows[0] + EDGE_CELLS, columns[0] : columns[-1] + 1])
    return any(float(strip.mean()) > MOST_CUT for strip in strips)


def _sharpness(view: View, track: HairTrack) -> float:
    """Of the face (the Laplacian's variance; Pech-Pacheco et al., 2000)."""
    half = track.head.height / 2
    top, left = int(track.head.cy - half), int(track.head.cx - half)
    face: NDArray[np.uint8] = view.luma[
        max(0, top) : top + int(2 * half), max(0, left) : left + int(2 * half)
    ]
    return float(cv2.Laplacian(face, cv2.CV_64F).var())
