"""Part ``colour``: how near dyed hair comes to its swatch, and whether it is still hair."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from media.frame import Picture
from processing.look import Look, parse_color
from tests.bench.quality import contact, groups, paint
from tests.bench.quality.arrays import Alpha, mean
from tests.bench.quality.options import Options
from tests.bench.quality.regions import inside
from tests.bench.quality.report import Report, figure
from tests.bench.quality.subject import Dyer, Matter
from tests.bench.quality.truth import TruthPicture, write_picture
from tests.bench.table import table, verdict

SIDE = 2.8
"""Of the crop, in face heights: the wider one, since long hair is dyed too."""
INNER = 0.95
"""Of the crop's side: what is judged lies well within what the network saw."""
MOST_OF_MEAN, LEAST_CORRELATION, SPREADS = 5.0, 0.85, (0.6, 1.4)
"""What the project wants of each pair."""
CELL_PX, ROWS = 160, 6
NOTES = """\
Twelve pictures for each of six hair colours, at full intensity, judged in the core (the true hair \
less 2 % of the picture's height along its rim, within the crop). First table, CIEDE2000 to the \
swatch: of the core's mean colour / mean over pixels / 90th percentile over pixels. An ideal dye \
that keeps 0.6 of the strands' detail would have the pixel mean of the second table: what is above \
is the dye's own. Third, of the high-pass L* (finer than 1 % of the height): correlation with the \
source's / the same of the pixels that the matte dyes wholly / spread as a share of the source's."""

Pairs: TypeAlias = Mapping[tuple[str, str], Sequence[paint.PaintFigures]]
"""By source colour and target shade, the figures of the pictures."""
Masking: TypeAlias = Callable[[TruthPicture], Alpha]


def run(options: Options, matter: Matter | None, dyer: Dyer) -> Report:
    """All 48 pairs: with the matte of the matter, or, if None, with people's masks as mattes."""
    truth = options.truth()
    title = "colour" if matter else "colour with the truth as matte"
    pairs = dict[tuple[str, str], list[paint.PaintFigures]]()
    for source, names in groups.SOURCES.items():
        cells = []
        for name in options.thinned(names):
            true = truth.load(name)
            alpha = masking(matter)(true)
            cells.append(contact.cell(true.picture, name.split("/")[1], CELL_PX))
            for target in groups.TARGETS:
                after = dyer.dye(true.picture, alpha, look_of(target))
                found = judge(true, after, target, alpha)
                pairs.setdefault((source, target), []).append(found)
                cells.append(contact.cell(after, _caption(target, found), CELL_PX))
        _draw(cells, options.out, f"{title.replace(' ', '-')}-{source.replace(' ', '-')}")
    return Report(title, "\n\n".join([NOTES, *tables(pairs), *verdicts(pairs)]), _figures(pairs))


def masking(matter: Matter | None) -> Masking:
    """How a truth picture comes to its matte."""
    if matter is None:
        return lambda true: np.where(true.hair, 255, 0).astype(np.uint8)
    return lambda true: matter.matte(true.picture, true.face.square(SIDE))


def look_of(shade: str) -> Look:
    """The catalogue's shade at full intensity."""
    color, found = parse_color(shade)
    return Look(engine="natural", color=color, shade=found.name if found else None)


def judge(
    true: TruthPicture, after: Picture, shade: str, alpha: Alpha | None = None
) -> paint.PaintFigures:
    """The dyed picture against the shade, in the core that the crop holds; see `paint.judge`."""
    color, _ = parse_color(shade)
    core = paint.core(true.hair) & inside(true.face.square(SIDE * INNER), true.hair.shape)
    return paint.judge(true.picture, after, core, color, alpha)


def _caption(target: str, found: paint.PaintFigures) -> str:
    return f"{target} {found.of_mean:.1f} {found.pixel_mean:.1f}"


def tables(pairs: Pairs) -> list[str]:
    """Distances, the floor, and strands."""
    return [
        _table(pairs, ("of_mean", "pixel_mean", "pixel_p90"), 1),
        _table(pairs, ("floor",), 1),
        _table(pairs, ("correlation", "dyed_correlation", "spread"), 2),
    ]


def _table(pairs: Pairs, fields: Sequence[str], digits: int) -> str:
    sources = dict.fromkeys(source for source, _ in pairs)
    rows = [
        [
            source,
            *(
                " / ".join(
                    figure(_mean_of(pairs[source, target], field), digits) for field in fields
                )
                for target in groups.TARGETS
            ),
        ]
        for source in sources
    ]
    return table(["from", *groups.TARGETS], rows)


def _mean_of(found: Sequence[paint.PaintFigures], field: str) -> float:
    return mean([float(getattr(one, field)) for one in found])


def verdicts(pairs: Pairs) -> list[str]:
    """What the project wants of every pair, one line each."""
    of_mean = [_mean_of(found, "of_mean") for found in pairs.values()]
    pixels = [_mean_of(found, "pixel_mean") for found in pairs.values()]
    correlations = [_mean_of(found, "correlation") for found in pairs.values()]
    of_dyed = [_mean_of(found, "dyed_correlation") for found in pairs.values()]
    spreads = [_mean_of(found, "spread") for found in pairs.values()]
    low, high = SPREADS
    return [
        _verdict("mean colour", [value <= MOST_OF_MEAN for value in of_mean], max(of_mean)),
        _verdict("mean of pixels", [value <= MOST_OF_MEAN for value in pixels], max(pixels)),
        _verdict(
            "correlation", [value >= LEAST_CORRELATION for value in correlations], min(correlations)
        ),
        _verdict(
            "correlation where dyed",
            [value >= LEAST_CORRELATION for value in of_dyed],
            min(of_dyed),
        ),
        _verdict("least spread", [value >= low for value in spreads], min(spreads)),
        _verdict("greatest spread", [value <= high for value in spreads], max(spreads)),
    ]


def _verdict(what: str, holds: Sequence[bool], worst: float) -> str:
    return verdict(all(holds), f"{what}: {sum(holds)} of {len(holds)} pairs; worst {worst:.2f}")


def _figures(pairs: Pairs) -> dict[str, Any]:
    return {
        f"{source} to {target}": {
            "n": len(found),
            **{field: _mean_of(found, field) for field in asdict(found[0])},
        }
        for (source, target), found in pairs.items()
    }


def _draw(cells: Sequence[Picture], folder: Path, name: str) -> None:
    columns = 1 + len(groups.TARGETS)
    for number, page in enumerate(contact.pages(cells, columns, ROWS)):
        write_picture(folder / f"{name}-{number}.png", page)
