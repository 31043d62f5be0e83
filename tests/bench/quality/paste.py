"""Part ``paste``: whether an edit's hair comes into the user's picture, and nothing else does."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from media.frame import Picture
from processing.cloud.paste.affine import moved
from processing.cloud.paste.pair import INNER
from processing.cloud.paste.paster import Pasted, paste
from processing.cloud.paste.portrait import Portrait, face_in
from processing.cloud.paste.region import RIM_HEIGHTS
from processing.cloud.paste.unfit import UnfitPicture
from processing.local.natural.heads import HeadFinder
from processing.local.natural.model import HairModel
from processing.look import Bgr
from tests.bench.quality import contact, edits
from tests.bench.quality.arrays import Mask, Plane, grown, is_hair, mean
from tests.bench.quality.clips import FaceFinder, clips, frames
from tests.bench.quality.options import Options
from tests.bench.quality.overlap import iou
from tests.bench.quality.report import Report, figure
from tests.bench.quality.truth import Face, read_picture, write_picture
from tests.bench.table import table

FOLDER, NUMBERS = "portraits/clean/faker_ai", (6, 12, 18, 30, 42, 84, 90, 108, 126, 138, 150, 168)
PHOTO, FRAME = "media/long-blonde-photo.jpg", 30
YUNET_WEIGHTS = "face_detection_yunet_2023mar_int8bq.onnx"
COLORS: tuple[Bgr, ...] = ((40, 220, 240), (200, 60, 40), (20, 20, 20), (60, 60, 200))
CELL_PX = 640
NOTES = """\
Stand-ins for edits: hair dyed by our engine, cut off below the mouth, or another person's, then \
redrawn, in another light, shifted, turned, stretched to a model's size and coded. Error: of the \
edit's hair, px of the photo and per cent of the face's height. Face: pixels of its inner part \
that changed farther than the rim from all hair; 0 is right. Seam: gradient where the share goes \
from all to nothing, over the steeper one of photo and edit there; more than 1 would be a line. \
Arrived: IoU of the hair that is found in the result and in the edit. Light: how far the \
mean colour of what was taken over is from the edit's before it was harmed, CIELAB: as it came / \
as it was laid in."""
REFUSALS = "Refused, of so many: {strangers} strangers in the edit's place, {same} photos unchanged"


@dataclass(frozen=True, slots=True, eq=False)
class Sitter:
    """A person to be edited."""

    name: str
    portrait: Portrait
    face: Face


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of one edit; see NOTES."""

    error_px: float
    error_percent: float
    face_px: int
    seam: float
    arrived: float
    light_before: float
    light: float
    seconds: float


class Eyes:
    """The engine's networks."""

    def __init__(self, options: Options) -> None:
        self._finder, self._segmenter = HeadFinder(options.networks), HairModel(options.networks)

    def look(self, picture: Picture) -> Portrait:
        """Raises UnfitPicture."""
        return Portrait.of(picture, self._finder, self._segmenter)


def run(options: Options) -> Report:
    """Every kind of edit of every sitter; a sheet of each."""
    eyes, found = Eyes(options), dict[str, list[Judged]]()
    people, refused = list(sitters(options, eyes)), dict[str, int]()
    for number, (donor, sitter) in enumerate(pairwise([people[-1], *people])):
        for kind, clean in _kinds(sitter, donor, number).items():
            edit = edits.harmed(clean, sitter.face, number)
            try:
                pasted, judged = _judge(sitter.portrait, edit, eyes)
            except UnfitPicture as error:
                name = f"{kind}: {error.reason}"
                refused[name] = refused.get(name, 0) + 1
                continue
            found.setdefault(kind, []).append(judged)
            _draw(options.out / f"paste-{sitter.name}-{kind}.png", sitter, edit, pasted)
    wrong = _refusals(people, eyes)
    rows = [[kind, str(len(of)), *_cells(of)] for kind, of in found.items()]
    heads = ["edit", "edits", "error px", "%", "face", "seam", "arrived", "light", "s"]
    lines = [NOTES, table(heads, rows), f"Refused: {refused}.", f"{REFUSALS.format(**wrong)}."]
    figures = {kind: [asdict(one) for one in of] for kind, of in found.items()}
    return Report("paste", "\n\n".join(lines), {**figures, "refused": refused, **wrong})


def sitters(options: Options, eyes: Eyes) -> Iterator[Sitter]:
    """Made portraits, the photo and a frame of each clip."""
    faces = FaceFinder(options.models / YUNET_WEIGHTS)
    paths = [options.shared / FOLDER / f"{number:05d}.jpg" for number in NUMBERS]
    pictures = {path.stem: read_picture(path) for path in [*paths, options.shared / PHOTO]}
    films = clips(options.media).items()
    pictures |= {name: frames(path, FRAME)[-1] for name, path in films}
    for name in options.thinned(tuple(pictures)):
        face = faces.largest(pictures[name])
        if face is not None:
            yield Sitter(name, eyes.look(pictures[name]), face)


def _kinds(sitter: Sitter, donor: Sitter, number: int) -> Mapping[str, Picture]:
    own = sitter.portrait
    return {
        "dyed": edits.dyed(own.view.picture, COLORS[number % len(COLORS)]),
        "shortened": edits.shortened(own, sitter.face),
        "transplanted": edits.transplanted(own, sitter.face, donor.portrait, donor.face),
    }


def _judge(own: Portrait, edit: edits.Edit, eyes: Eyes) -> tuple[Pasted, Judged]:
    portrait = eyes.look(edit.picture)
    began_s = time.perf_counter()
    pasted = paste(own, portrait)
    seconds = time.perf_counter() - began_s
    matrix, size = pasted.alignment.matrix, (own.shape[1], own.shape[0])
    laid = moved(edit.picture, matrix, size, cv2.INTER_CUBIC)
    alpha, taken = moved(portrait.alpha, matrix, size), pasted.share == 255
    error_px = _error_px(portrait, matrix - edit.matrix)
    judged = Judged(
        error_px,
        100 * error_px / own.head.height,
        int((untouched(own, alpha) & (pasted.picture != own.view.picture).any(axis=2)).sum()),
        _seam(own.view.picture, laid, pasted),
        iou(is_hair(alpha), is_hair(eyes.look(pasted.picture).alpha)),
        _difference(laid, edit.clean, taken),
        _difference(pasted.picture, edit.clean, taken),
        seconds,
    )
    return pasted, judged


def _error_px(edit: Portrait, off: "np.ndarray[Any, np.dtype[np.float64]]") -> float:
    """How far hair comes to lie from where it belongs, mean."""
    rows, columns = np.nonzero(is_hair(edit.alpha))
    places = np.stack([columns, rows, np.ones_like(rows)])
    return float(np.hypot(*(off @ places)).mean()) if len(rows) else 0.0


def untouched(own: Portrait, alpha: "np.ndarray[Any, np.dtype[np.uint8]]") -> Mask:
    """The inner face, away from all hair."""
    whole = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    face = face_in(own.head, whole, (own.shape[1], own.shape[0]), INNER) > 0
    hair = np.maximum(own.alpha, alpha) > 0
    return face & ~grown(hair, round(RIM_HEIGHTS * own.head.height) + 2)


def _seam(photo: Picture, laid: Picture, pasted: Pasted) -> float:
    """How steep the transition is, for what is there anyway."""
    band = (pasted.share > 0) & (pasted.share < 255)
    there = np.maximum(steepness(photo), steepness(laid))[band].mean()
    return float(steepness(pasted.picture)[band].mean() / there)


def steepness(picture: Picture) -> Plane:
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.float32)
    across, down = (cv2.Sobel(grey, cv2.CV_32F, *of) for of in ((1, 0), (0, 1)))
    return np.asarray(np.hypot(across, down), np.float32)


def _difference(one: Picture, other: Picture, where: Mask) -> float:
    lab = [
        cv2.cvtColor(of.astype(np.float32) / 255, cv2.COLOR_BGR2LAB)[where] for of in (one, other)
    ]
    return float(np.linalg.norm(lab[0].mean(axis=0) - lab[1].mean(axis=0)))


def _refusals(people: list[Sitter], eyes: Eyes) -> dict[str, str]:
    """How many strangers, and how many photos that only were harmed, are refused."""
    strangers = [_is_refused(a.portrait, b.portrait) for a, b in pairwise([people[-1], *people])]
    same = []
    for number, one in enumerate(people):
        edit = edits.harmed(one.portrait.view.picture, one.face, number)
        same.append(_is_refused(one.portrait, eyes.look(edit.picture)))
    return {
        "strangers": f"{sum(strangers)}/{len(strangers)}",
        "same": f"{sum(same)}/{len(same)}",
    }


def _is_refused(own: Portrait, edit: Portrait) -> bool:
    try:
        paste(own, edit)
    except UnfitPicture:
        return True
    return False


def _cells(of: list[Judged]) -> list[str]:
    """A table's row: means, and the worst of what must not be."""
    light = f"{mean([one.light_before for one in of]):.1f} / {mean([one.light for one in of]):.1f}"
    return [
        figure(mean([one.error_px for one in of]), 2),
        figure(mean([one.error_percent for one in of]), 2),
        str(max(one.face_px for one in of)),
        f"{mean([one.seam for one in of]):.2f} (to {max(one.seam for one in of):.2f})",
        figure(mean([one.arrived for one in of])),
        light,
        figure(mean([one.seconds for one in of]), 2),
    ]


def _draw(path: Path, sitter: Sitter, edit: edits.Edit, pasted: Pasted) -> None:
    """Photo, edit as it came, result and what was taken, side by side."""
    pictures = {
        sitter.name: sitter.portrait.view.picture,
        "edit": edit.picture,
        "pasted": pasted.picture,
        "taken": contact.grey(pasted.share),
    }
    cells = [contact.cell(picture, label, CELL_PX) for label, picture in pictures.items()]
    write_picture(path, contact.grid(cells, 2))
