"""Part ``masks``: how well the hair is found on pictures whose hair people outlined."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from media.frame import Picture
from tests.bench.quality import contact, groups
from tests.bench.quality.arrays import Mask, grown, is_hair, mean, median
from tests.bench.quality.membership import ORDER, groups_of
from tests.bench.quality.options import Options
from tests.bench.quality.overlap import boundary_f, iou, mean_difference, share, tolerance_px
from tests.bench.quality.regions import crown, inside, lower_face
from tests.bench.quality.report import Report, figure
from tests.bench.quality.subject import Matter
from tests.bench.quality.truth import TruthPicture, TruthSet, write_picture
from tests.bench.table import counts, table

SIDES = (2.2, 2.8)
"""Sides of the crop, in face heights."""
UNSURE_SHARE = 0.02
"""Of the picture's height: how far around the true hair nothing is called false."""
FALSE_GROUPS = {"bald": groups.BALD, "covered": groups.COVERED, "bearded": groups.BEARDED}
WORST, COLUMNS, ROWS, CELL_PX = 48, 8, 6, 180
NOTES = """\
The square around the largest face's centre, grey 127 beyond the picture; scored inside crop and \
picture; hair from alpha 128 on. Cells: mean IoU / median IoU / boundary F (Perazzi et al. 2016, \
tolerance 0.8 % of the scored area's diagonal). IoU and F are 1 where neither has hair. \
`bare` is the network without our matte, `own crop` the engine that finds head and crop by itself. \
`own face`: without 9 pictures whose largest face is a stranger's, or none. `long`: a tenth of the \
true hair hangs half a face below the chin. LFW's truth is coarse and calls beards hair."""
GAIN_NOTES = "Differences of the mean IoU and their 95 % intervals (paired bootstrap):"
PAIRS = (
    ("natural", "teacher"),
    ("natural bare", "teacher bare"),
    ("natural", "teacher bare"),
    ("natural, own crop", "teacher bare"),
)
"""Which mattes are compared, ours first."""
FALSE_NOTES = """\
False hair: the share of a region that is called hair where none can be; mean / 90th percentile, \
0 is best. Bald and covered: the crown (half an ellipse on the brows) less the true hair and 2 % \
around it; bearded: the ellipse around mouth and chin, whatever the truth says."""


@dataclass(frozen=True, slots=True)
class Score:
    """One picture, one matte. ``false`` is by the group that has it (see ``false_hair``).

    ``is_missed``: there is hair, and the matte has none at all, as when no head is found.
    """

    iou: float
    boundary: float
    false: Mapping[str, float]
    is_missed: bool = False


Scores: TypeAlias = Mapping[str, Mapping[str, Score]]
"""By the matte's name, then the picture's."""
Belongs: TypeAlias = Mapping[str, tuple[str, ...]]
"""The groups of each picture."""


def run(options: Options, matters: Sequence[Matter]) -> Report:
    """IoU, boundary F and false hair for each matte, by groups, at both sides of the crop."""
    truth = options.truth()
    names = options.thinned(truth.names)
    belongs = {name: groups_of(truth.load(name)) for name in names}
    texts, figures = [f"{len(names)} pictures. {NOTES}"], dict[str, Any]()
    for side in SIDES:
        scores = {
            matter.name: {name: score(truth.load(name), matter, side) for name in names}
            for matter in matters
        }
        texts += [f"### Crop of {side} face heights", overlap_table(scores, belongs)]
        texts += [missed_line(scores), GAIN_NOTES, gains_table(scores, belongs)]
        texts += [FALSE_NOTES, false_table(scores)]
        figures[str(side)] = figures_of(scores, belongs)
        _draw(truth, matters, scores, side, options.out)
    return Report("masks", "\n\n".join(texts), figures)


def score(true: TruthPicture, matter: Matter, side: float) -> Score:
    """All of one picture."""
    square = true.face.square(side)
    found = is_hair(matter.matte(true.picture, square))
    scored = np.ix_(*_lines(inside(square, found.shape)))
    seen, hair = found[scored], true.hair[scored]
    within_px = tolerance_px(*hair.shape)
    is_missed = bool(hair.any() and not seen.any())
    false = false_hair(true, found)
    return Score(iou(seen, hair), boundary_f(seen, hair, within_px), false, is_missed)


def _lines(rectangle: Mask) -> tuple[Mask, Mask]:
    return np.asarray(rectangle.any(axis=1)), np.asarray(rectangle.any(axis=0))


def false_hair(true: TruthPicture, found: Mask) -> dict[str, float]:
    """By group: of where no hair can be, the share that is called hair."""
    near = grown(true.hair, max(1, round(UNSURE_SHARE * true.height_px)))
    bare = crown(true.face, found.shape) & ~near
    regions = {"bald": bare, "covered": bare, "bearded": lower_face(true.face, found.shape)}
    return {
        group: share(found, regions[group])
        for group, names in FALSE_GROUPS.items()
        if true.name in names and regions[group].any()
    }


def overlap_table(scores: Scores, belongs: Belongs) -> str:
    """A line for each group, a column for each matte."""
    rows = [
        [
            group,
            str(len(names)),
            *(_overlap_cell([of[name] for name in names]) for of in scores.values()),
        ]
        for group, names in _by_group(belongs).items()
    ]
    return table(["group", "pictures", *scores], rows)


def missed_line(scores: Scores) -> str:
    """How many pictures with hair have an empty matte, which is easily right where none is."""
    missed = {matte: sum(one.is_missed for one in of.values()) for matte, of in scores.items()}
    return f"Pictures with hair of which nothing at all is found: {counts(missed)}."


def gains_table(scores: Scores, belongs: Belongs) -> str:
    """Differences of the mean IoU, each with its interval; empty without a pair to compare."""
    pairs = [pair for pair in PAIRS if pair[0] in scores and pair[1] in scores]
    rows = [
        [
            group,
            str(len(names)),
            *(_gain(scores[ours], scores[theirs], names) for ours, theirs in pairs),
        ]
        for group, names in _by_group(belongs).items()
    ]
    heads = ["group", "pictures", *(f"{ours} - {theirs}" for ours, theirs in pairs)]
    return table(heads, rows) if pairs else ""


def _by_group(belongs: Belongs) -> dict[str, list[str]]:
    names = {group: [name for name, of in belongs.items() if group in of] for group in ORDER}
    return {group: of for group, of in names.items() if of}


def _overlap_cell(found: list[Score]) -> str:
    ious = [one.iou for one in found]
    values = mean(ious), median(ious), mean([one.boundary for one in found])
    return " / ".join(figure(value) for value in values)


def _gain(ours: Mapping[str, Score], theirs: Mapping[str, Score], names: Sequence[str]) -> str:
    values = [[of[name].iou for name in names] for of in (ours, theirs)]
    gain, low, high = mean_difference(*values)
    return f"{gain:+.3f} ({low:+.3f} to {high:+.3f})"


def false_table(scores: Scores) -> str:
    """A line for each group of which something false can be told."""
    rows = []
    for group in FALSE_GROUPS:
        found = {matte: _false(of, group) for matte, of in scores.items()}
        count = str(max(len(values) for values in found.values()))
        rows.append([group, count, *(_false_cell(values) for values in found.values())])
    return table(["group", "pictures", *scores], rows)


def _false(of: Mapping[str, Score], group: str) -> list[float]:
    return [one.false[group] for one in of.values() if group in one.false]


def _false_cell(values: list[float]) -> str:
    if not values:
        return "-"
    return f"{figure(mean(values))} / {figure(float(np.percentile(values, 90)))}"


def figures_of(scores: Scores, belongs: Belongs) -> dict[str, Any]:
    """All of the tables' figures, and each picture's own."""
    return {
        matte: {
            "groups": {
                group: _group_figures([of[name] for name in of if group in belongs[name]])
                for group in ORDER
            },
            "missed": sum(one.is_missed for one in of.values()),
            "false": {group: mean(_false(of, group)) for group in FALSE_GROUPS},
            "pictures": {name: [one.iou, one.boundary] for name, one in of.items()},
        }
        for matte, of in scores.items()
    }


def _group_figures(found: list[Score]) -> dict[str, float]:
    ious = [one.iou for one in found]
    boundary = mean([one.boundary for one in found])
    return {
        "n": len(found),
        "iou_mean": mean(ious),
        "iou_median": median(ious),
        "boundary_f": boundary,
    }


def _draw(
    truth: TruthSet, matters: Sequence[Matter], scores: Scores, side: float, folder: Path
) -> None:
    """The pictures that matter most: the first matte's worst, and those with false hair."""
    first = scores[matters[0].name]
    worst = sorted(first, key=lambda name: first[name].iou)[:WORST]
    chosen = {"worst": worst, **FALSE_GROUPS}
    for title, names in chosen.items():
        cells = [_cell(truth.load(name), matters, side) for name in names if name in first]
        for number, page in enumerate(contact.pages(cells, COLUMNS, ROWS) if cells else ()):
            write_picture(folder / f"masks-{side}-{title}-{number}.png", page)


def _cell(true: TruthPicture, matters: Sequence[Matter], side: float) -> Picture:
    """Truth green, the first matte red, the last (if another) blue; the crop's IoU of the first."""
    square = true.face.square(side)
    drawn = contact.outlined(true.picture, true.hair, contact.GREEN)
    colors = [contact.RED, contact.BLUE]
    for matter, color in zip((matters[0], *matters[1:][-1:]), colors, strict=False):
        drawn = contact.outlined(drawn, is_hair(matter.matte(true.picture, square)), color)
    label = f"{true.name.split('/')[1][:18]} {score(true, matters[0], side).iou:.2f}"
    return contact.cell(drawn, label, CELL_PX)
