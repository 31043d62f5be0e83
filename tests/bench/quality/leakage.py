"""Part ``leakage``: what was dyed that is no hair, and whether the face is still the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from media.frame import Picture
from tests.bench.quality import contact, paint, spill
from tests.bench.quality.arrays import grown, mean, median
from tests.bench.quality.colour import SIDE, look_of
from tests.bench.quality.membership import groups_of
from tests.bench.quality.options import Options
from tests.bench.quality.regions import face_ellipse
from tests.bench.quality.report import Report, figure
from tests.bench.quality.subject import Dyer, Matter
from tests.bench.quality.truth import TruthPicture, write_picture
from tests.bench.table import table

LIGHT_FROM = 40.0
"""L* of the core's mean from which on hair is light: it is dyed black, the rest platinum."""
GROUPS = ("all", "from the front", "figaro1k", "lfw", "long", "bald", "covered", "no hair")
WORST, COLUMNS, ROWS, CELL_PX = 48, 8, 6, 180
NOTES = """\
Every picture with a face, crop of 2.8 face heights; dark hair (and none) dyed platinum, light \
hair jet black. Leak: the share of the pixels farther than 3 % of the picture's height from the \
true hair that changed by more than 2 CIEDE2000, in per cent: mean / median / 90th percentile. \
SSIM (Wang et al. 2004) of the face's ellipse less the true hair and the 5 px around it that its \
windows reach over: mean / 5th percentile; then the mean without that margin, where even people's \
own masks come to no more than 0.96. Outside the matte no bit differs, or this part fails."""


@dataclass(frozen=True, slots=True)
class Spill:
    """One picture. ``leak`` is a share; ``face`` and ``rim`` are SSIM without and with the pixels
    next to the hair, nan where hair hides the face."""

    leak: float
    face: float
    rim: float


def run(options: Options, matters: Sequence[Matter], dyer: Dyer) -> Report:
    """Leaks and faces, for each matte through the same dye."""
    truth = options.truth()
    names = options.thinned(truth.names)
    found = {
        matter.name: {name: _judge(truth.load(name), matter, dyer) for name in names}
        for matter in matters
    }
    belongs = {name: groups_of(truth.load(name)) for name in names}
    rows, figures = [], dict[str, Any]()
    for group in GROUPS:
        of_group = [name for name in names if group in belongs[name]]
        spills = {matter: [of[name] for name in of_group] for matter, of in found.items()}
        rows.append([group, str(len(of_group)), *(_cell(values) for values in spills.values())])
        figures[group] = {matter: _summary(values) for matter, values in spills.items()}
    worst = sorted(names, key=lambda name: -found[matters[0].name][name].leak)[:WORST]
    cells = [_sheet_cell(truth.load(name), matters[0], dyer) for name in worst]
    for number, page in enumerate(contact.pages(cells, COLUMNS, ROWS)):
        write_picture(options.out / f"leakage-worst-{number}.png", page)
    heads = ["group", "pictures", *(f"{matter} leak %; SSIM" for matter in found)]
    return Report("leakage", f"{NOTES}\n\n{table(heads, rows)}", figures)


def _judge(true: TruthPicture, matter: Matter, dyer: Dyer) -> Spill:
    after = _dyed(true, matter, dyer)
    far = spill.far_from(true.hair)
    leaked = spill.leaked(true.picture, after, far)
    bare = face_ellipse(true.face, true.hair.shape) & ~true.hair
    face = bare & ~grown(true.hair, spill.WINDOW_PX)
    return Spill(
        int(leaked.sum()) / max(1, int(far.sum())),
        spill.face_similarity(true.picture, after, face),
        spill.face_similarity(true.picture, after, bare),
    )


def _dyed(true: TruthPicture, matter: Matter, dyer: Dyer) -> Picture:
    alpha = matter.matte(true.picture, true.face.square(SIDE))
    after = dyer.dye(true.picture, alpha, look_of("jet-black" if is_light(true) else "platinum"))
    spill.assert_untouched(true.picture, after, alpha)
    return after


def is_light(true: TruthPicture) -> bool:
    """Whether the core's mean L* is that of light hair; False without hair."""
    core = paint.core(true.hair)
    core = core if core.any() else true.hair
    return bool(core.any() and paint.lab_of(true.picture)[core][:, 0].mean() > LIGHT_FROM)


def _summary(spills: Sequence[Spill]) -> dict[str, float]:
    leaks = [one.leak for one in spills]
    faces = [one.face for one in spills if not np.isnan(one.face)]
    return {
        "n": len(spills),
        "leak_mean": mean(leaks),
        "leak_median": median(leaks),
        "leak_p90": float(np.percentile(leaks, 90)) if leaks else float("nan"),
        "ssim_mean": mean(faces),
        "ssim_rim": mean([one.rim for one in spills if not np.isnan(one.rim)]),
        "ssim_p5": float(np.percentile(faces, 5)) if faces else float("nan"),
    }


def _cell(spills: Sequence[Spill]) -> str:
    of = _summary(spills)
    leaks = " / ".join(figure(100 * of[f"leak_{kind}"], 2) for kind in ("mean", "median", "p90"))
    faces = f"{figure(of['ssim_mean'], 4)} / {figure(of['ssim_p5'])} / {figure(of['ssim_rim'])}"
    return f"{leaks}; {faces}"


def _sheet_cell(true: TruthPicture, matter: Matter, dyer: Dyer) -> Picture:
    """The dyed picture, the true hair's outline in green, what leaked in red."""
    after = _dyed(true, matter, dyer)
    leaked = spill.leaked(true.picture, after, spill.far_from(true.hair))
    drawn = contact.outlined(contact.outlined(after, leaked, contact.RED), true.hair, contact.GREEN)
    share = 100 * leaked.mean()
    return contact.cell(drawn, f"{true.name.split('/')[1][:16]} {share:.1f} %", CELL_PX)
