"""Part ``carry``: whether what was edited in a few frames comes to all the others, and is calm."""

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

import cv2
import numpy as np

from media.frame import Picture
from processing.cloud.carry.carrier import Carrier
from processing.cloud.carry.key import Key
from processing.cloud.paste.paster import paste
from processing.cloud.paste.portrait import Portrait
from processing.cloud.paste.unfit import UnfitPicture
from processing.film.cuts import cuts_of
from processing.film.scout import worth_editing
from processing.local.natural.heads import HeadFinder
from processing.local.natural.model import HairModel
from tests.bench.quality import contact, edits, flicker
from tests.bench.quality.arrays import Mask, grown, is_hair, mean, shrunk
from tests.bench.quality.clips import FaceFinder, clips, frames
from tests.bench.quality.options import Options
from tests.bench.quality.overlap import iou
from tests.bench.quality.paste import COLORS, YUNET_WEIGHTS, Eyes, steepness, untouched
from tests.bench.quality.report import Report, figure
from tests.bench.quality.truth import Face, read_picture, write_picture
from tests.bench.table import table

PHOTO = "media/long-blonde-photo.jpg"
MOST_KEYS, LOOK_EVERY, JUDGE_EVERY = 4, 5, 15
"""So many frames of a clip are edited, of every so many-th; pairs of frames that are judged begin
so many apart."""
CELL_PX, SHOWN, RIM_PX = 420, 6, 3
HEADS = ("clip, edit", "keys", "hair", "colour", "face", "flicker", "seam", "untouched", "frames/s")
NOTES = """\
A few frames, chosen by the scout, are edited by stand-ins (see paste) and laid in; between them \
the hair is carried. Truth: the same edit of each frame, not harmed. Hair: IoU of the hair found \
in both / the worst frame's. Colour: CIELAB from the truth, mean over its hair. Face: pixels of \
its inner part that changed away from all hair, worst frame; 0 is right. Flicker: grey levels that \
a pixel of hair changes by from frame to frame along the film's own flow, carried / truth / the \
frames before any edit. Seam: gradient along the rim of what was changed, over the steeper one of \
frame and truth there; more than 1 would be a line. Untouched: frames left as they were."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of one clip and one kind of edit; see NOTES."""

    keys: int
    overlap: float
    worst: float
    colour: float
    face_px: int
    flicker: float
    true_flicker: float
    own_flicker: float
    seam: float
    untouched: int
    fps: float


@dataclass(frozen=True, slots=True, eq=False)
class _Editor:
    """Makes one kind of edit of any frame."""

    kind: str
    eyes: Eyes
    faces: FaceFinder
    donor: Picture

    def clean(self, picture: Picture, own: Portrait) -> Picture:
        """As a model that does no harm would make it."""
        if self.kind == "dyed":
            return edits.dyed(picture, COLORS[1])
        face = self._face(picture)
        if self.kind == "shortened":
            return edits.shortened(own, face)
        donor = self.eyes.look(self.donor)
        return edits.transplanted(own, face, donor, self._face(self.donor))

    def key(self, index: int, picture: Picture) -> Key:
        """A keyframe, harmed and laid in. Raises UnfitPicture."""
        own = self.eyes.look(picture)
        edit = edits.harmed(self.clean(picture, own), self._face(picture), index)
        return Key(index, own, self.eyes.look(paste(own, self.eyes.look(edit.picture)).picture))

    def _face(self, picture: Picture) -> Face:
        face = self.faces.largest(picture)
        if face is None:
            raise ValueError("no face")
        return face


def run(options: Options) -> Report:
    """Every kind of edit of every clip; a sheet of each."""
    eyes, faces = Eyes(options), FaceFinder(options.models / YUNET_WEIGHTS)
    donor, found = read_picture(options.shared / PHOTO), dict[str, Judged]()
    for name in options.thinned(tuple(clips(options.media))):
        pictures = frames(clips(options.media)[name], options.frames)
        for kind in ("dyed", "shortened", "transplanted"):
            judged = _judged(options, f"{name}-{kind}", pictures, _Editor(kind, eyes, faces, donor))
            if judged is not None:
                found[f"{name}, {kind}"] = judged
    heads = [
        "clip, edit",
        "keys",
        "hair",
        "colour",
        "face",
        "flicker",
        "seam",
        "untouched",
        "frames/s",
    ]
    text = table(heads, [[name, *_cells(of)] for name, of in found.items()])
    return Report("carry", f"{NOTES}\n\n{text}", {name: asdict(one) for name, one in found.items()})


def _judged(
    options: Options, title: str, pictures: Sequence[Picture], editor: _Editor
) -> Judged | None:
    """None where no frame can be edited so: hair that is short already is not cut."""
    eyes = HeadFinder(options.networks), HairModel(options.networks)
    chosen = worth_editing(_each(pictures), eyes, MOST_KEYS, LOOK_EVERY)
    keys = list(_keys(editor, pictures, chosen))
    if not keys:
        return None
    began_s = time.process_time()
    carrier = Carrier(keys, cuts_of(pictures), *eyes)
    carried = list(carrier.carried(pictures))
    fps = len(pictures) / (time.process_time() - began_s)
    truths = {
        index: editor.clean(pictures[index], editor.eyes.look(pictures[index]))
        for one in range(0, len(pictures) - 1, JUDGE_EVERY)
        for index in (one, one + 1)
    }
    _draw(options, title, pictures, carried, truths)
    return _figures(keys, editor.eyes, (pictures, carried, truths), fps)


def _each(pictures: Sequence[Picture]) -> Generator[Picture, None, None]:
    yield from pictures


def _keys(editor: _Editor, pictures: Sequence[Picture], chosen: Sequence[int]) -> Iterator[Key]:
    for index in chosen:
        try:
            yield editor.key(index, pictures[index])
        except UnfitPicture:
            continue


_Films = tuple[Sequence[Picture], Sequence[Picture], Mapping[int, Picture]]


def _figures(keys: Sequence[Key], eyes: Eyes, films: _Films, fps: float) -> Judged:
    pictures, carried, truths = films
    overlaps, colours, faces = list[float](), list[float](), list[int]()
    flickers, seams = list[tuple[float, float, float]](), list[float]()
    for at in list(truths)[::2]:
        own, result, true = (eyes.look(of[at]) for of in films)
        overlaps.append(iou(is_hair(result.alpha), is_hair(true.alpha)))
        colours.append(_difference(carried[at], truths[at], is_hair(true.alpha)))
        away = untouched(own, np.maximum(result.alpha, true.alpha))
        faces.append(int((away & (carried[at] != pictures[at]).any(axis=2)).sum()))
        seams.append(_seam(pictures[at], carried[at], truths[at]))
        flickers.append(_flicker(films, at, is_hair(true.alpha) & is_hair(result.alpha)))
    same = sum(np.array_equal(*pair) for pair in zip(pictures, carried, strict=True))
    carried_levels, true_levels, own_levels = (mean(list(of)) for of in zip(*flickers, strict=True))
    return Judged(
        len(keys), mean(overlaps), min(overlaps), mean(colours), max(faces),
        carried_levels, true_levels, own_levels, float(np.nanmean(seams)), same, fps,
    )  # fmt: skip


def _seam(own: Picture, carried: Picture, true: Picture) -> float:
    changed = (own != carried).any(axis=2)
    rim = grown(changed, RIM_PX) & ~shrunk(changed, RIM_PX)
    if not rim.any():
        return float("nan")
    there = np.maximum(steepness(own), steepness(true))[rim].mean()
    return float(steepness(carried)[rim].mean() / there)


def _flicker(films: _Films, at: int, hair: Mask) -> tuple[float, float, float]:
    pictures, carried, truths = films
    back, forth = (
        flicker.flow(pictures[one], pictures[other]) for one, other in ((at + 1, at), (at, at + 1))
    )
    where = flicker.believed(back, forth) & hair
    return tuple(_change(of[at], of[at + 1], back, where) for of in (carried, truths, pictures))  # type: ignore[return-value]


def _change(before: Picture, after: Picture, back: flicker.Flow, where: Mask) -> float:
    grey = [cv2.cvtColor(of, cv2.COLOR_BGR2GRAY).astype(np.float32) for of in (before, after)]
    change = np.abs(grey[1] - flicker.follow(grey[0], back))[where]
    return float(change.mean()) if change.size else float("nan")


def _difference(one: Picture, other: Picture, where: Mask) -> float:
    lab = [
        cv2.cvtColor(of.astype(np.float32) / 255, cv2.COLOR_BGR2LAB)[where] for of in (one, other)
    ]
    return float(np.linalg.norm(lab[0].mean(axis=0) - lab[1].mean(axis=0)))


def _cells(of: Judged) -> list[str]:
    return [
        str(of.keys),
        f"{figure(of.overlap)} / {figure(of.worst)}",
        figure(of.colour, 1),
        str(of.face_px),
        " / ".join(figure(levels, 1) for levels in (of.flicker, of.true_flicker, of.own_flicker)),
        figure(of.seam, 2),
        str(of.untouched),
        figure(of.fps, 1),
    ]


def _draw(
    options: Options,
    title: str,
    pictures: Sequence[Picture],
    carried: Sequence[Picture],
    truths: Mapping[int, Picture],
) -> None:
    """Frames as they were, as they are and as they should be; then some that follow each other."""
    every = list(truths)[::2]
    chosen = every[:: max(1, len(every) // SHOWN)][:SHOWN]
    rows = [
        contact.cell(of[at], f"{name} {at}", CELL_PX)
        for name, of in (("frame", pictures), ("carried", carried), ("truth", truths))
        for at in chosen
    ]
    moving = max(range(1, len(pictures)), key=lambda at: _moved(pictures[at - 1], pictures[at]))
    first = min(max(0, moving - len(chosen) // 2), max(0, len(pictures) - len(chosen)))
    following = range(first, min(first + len(chosen), len(pictures)))
    rows += [contact.cell(carried[at], f"carried {at}", CELL_PX) for at in following]
    write_picture(options.out / f"carry-{title}.png", contact.grid(rows, len(chosen)))


def _moved(before: Picture, after: Picture) -> float:
    return float(cv2.absdiff(before, after).mean())
