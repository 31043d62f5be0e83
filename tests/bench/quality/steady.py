"""Part ``steady``: whether the matte flickers on a still head, and follows a moving one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np

from media.frame import Picture
from tests.bench.quality import contact, flicker, paint
from tests.bench.quality.arrays import Alpha, is_hair, mean
from tests.bench.quality.clips import clips, frames, still
from tests.bench.quality.options import Options
from tests.bench.quality.report import Report, figure
from tests.bench.quality.subject import Follow, Seen
from tests.bench.quality.truth import write_picture
from tests.bench.table import percent, table

SETTLING = 10
"""Frames at the beginning that are shown but not judged."""
STILL_FRAMES = 60
STRIP, CELL_PX = 8, 180
NOTES = """\
Still: the clip's middle frame again and again, with noise (sigma 4 levels) and JPEG (quality 80) \
anew each time: change of the matte from frame to frame, in per cent of the hair / dtSSD x 100 \
(Erofeev et al. 2015; the true change is none) / how much the dyed hair's mean colour wavers \
(standard deviation in CIELAB). Moving: what of the matte's change is left after the old matte was \
warped along the optical flow (DIS), in per cent of the hair, where flow forth and back agree (Lai \
et al. 2018): mean / 95th percentile / 95th percentile of the change without warping. In brackets \
the share of frames with any hair, where it is not all of them."""

Followers: TypeAlias = Mapping[str, Callable[[], Follow]]
"""Ways to follow a clip by name; each call begins a new clip."""


@dataclass(frozen=True, slots=True)
class Still:
    """Of a still scene, see the notes; ``shown`` is the share of frames with any hair."""

    change: float
    dtssd: float
    colour: float
    shown: float


@dataclass(frozen=True, slots=True)
class Moving:
    """Of a real clip, by pairs of frames of which one has hair; ``shown`` as in Still."""

    warped: Sequence[float]
    change: Sequence[float]
    shown: float


def run(options: Options, followers: Followers) -> Report:
    """Every clip, still and moving, through every follower."""
    rows, figures = [], dict[str, Any]()
    for name, path in clips(options.media).items():
        pictures = frames(path, options.frames)
        seen = {title: _follow(start(), pictures) for title, start in followers.items()}
        motion = _motion(pictures)
        moving = {
            title: judge_moving([one.alpha for one in of], motion) for title, of in seen.items()
        }
        scene = still(pictures[len(pictures) // 2], STILL_FRAMES)
        at_rest = {
            title: judge_still(_follow(start(), scene)) for title, start in followers.items()
        }
        rows.append([f"{name}, still", *(_still_cell(one) for one in at_rest.values())])
        rows.append([f"{name}, moving", *(_moving_cell(one) for one in moving.values())])
        figures[name] = {title: _figures(at_rest[title], moving[title]) for title in followers}
        write_picture(options.out / f"steady-{name}.png", _strip(pictures, seen, moving))
    heads = ["clip", *followers]
    return Report("steady", f"{NOTES}\n\n{table(heads, rows)}", figures)


def _follow(follow: Follow, pictures: Sequence[Picture]) -> list[Seen]:
    return [follow(picture) for picture in pictures]


def judge_still(seen: Sequence[Seen]) -> Still:
    """A scene in which nothing moves."""
    settled = seen[SETTLING:]
    mattes = [one.alpha for one in settled]
    rest = [np.zeros_like(mattes[0])] * len(mattes)
    changes = [flicker.change(*pair) for pair in pairwise(mattes) if _has_hair(*pair)]
    spread = flicker.dtssd(mattes, rest) if changes else float("nan")
    return Still(mean(changes), spread, _waver(settled), _shown(mattes))


def _has_hair(*mattes: Alpha) -> bool:
    """Whether any of them has: an engine that finds nothing must not look steady."""
    return any(matte.any() for matte in mattes)


def _shown(mattes: Sequence[Alpha]) -> float:
    return mean([float(matte.any()) for matte in mattes])


def _waver(seen: Sequence[Seen]) -> float:
    """How far the mean colour of what is hair in the first frame strays, L*a*b* together."""
    hair = is_hair(seen[0].alpha)
    dyed = [one.dyed for one in seen if one.dyed is not None]
    if not dyed or not hair.any():
        return float("nan")
    colors = np.stack([paint.lab_of(picture)[hair].mean(axis=0) for picture in dyed])
    return float(np.sqrt(colors.var(axis=0).sum()))


Motion: TypeAlias = Sequence[tuple[flicker.Flow, np.ndarray[Any, np.dtype[np.bool_]]]]
"""For each pair of frames: the flow from the new one back to the old, and where it is believed."""


def _motion(pictures: Sequence[Picture]) -> Motion:
    found = []
    for old, new in pairwise(pictures):
        back, forth = flicker.flow(new, old), flicker.flow(old, new)
        found.append((back, flicker.believed(back, forth)))
    return found


def judge_moving(mattes: Sequence[Alpha], motion: Motion) -> Moving:
    """A real clip."""
    pairs = [
        (pair, moved)
        for pair, moved in zip(pairwise(mattes), motion, strict=True)
        if _has_hair(*pair)
    ][SETTLING:]
    warped = [flicker.warped_change(*pair, back, where) for pair, (back, where) in pairs]
    return Moving(warped, [flicker.change(*pair) for pair, _ in pairs], _shown(mattes))


def _p95(values: Sequence[float]) -> float:
    return float(np.percentile(values, 95)) if values else float("nan")


def _figures(at_rest: Still, moving: Moving) -> dict[str, float]:
    return {
        "still_change": at_rest.change,
        "still_dtssd": at_rest.dtssd,
        "still_colour_sigma": at_rest.colour,
        "warped_mean": mean(list(moving.warped)),
        "warped_p95": _p95(moving.warped),
        "change_p95": _p95(moving.change),
        "still_shown": at_rest.shown,
        "moving_shown": moving.shown,
    }


def _still_cell(of: Still) -> str:
    values = figure(100 * of.change, 2), figure(of.dtssd, 2), figure(of.colour, 2)
    return " / ".join(values) + _bracket(of.shown)


def _moving_cell(of: Moving) -> str:
    values = mean(list(of.warped)), _p95(of.warped), _p95(of.change)
    return " / ".join(figure(100 * value, 2) for value in values) + _bracket(of.shown)


def _bracket(shown: float) -> str:
    return "" if shown == 1.0 else f" ({percent(shown)})"


def _strip(
    pictures: Sequence[Picture],
    seen: Mapping[str, Sequence[Seen]],
    moving: Mapping[str, Moving],
) -> Picture:
    """Consecutive frames around the first follower's least steady moment: picture, mattes, dye."""
    warped = next(iter(moving.values())).warped
    moment = SETTLING + int(np.argmax(warped)) + 1 if warped else 0
    start = max(0, min(moment - STRIP // 2, len(pictures) - STRIP))
    chosen = range(start, min(start + STRIP, len(pictures)))
    cells = [contact.cell(pictures[at], f"frame {at}", CELL_PX) for at in chosen]
    for title, of in seen.items():
        cells += [contact.cell(contact.grey(of[at].alpha), title[:24], CELL_PX) for at in chosen]
        dyed = [of[at].dyed for at in chosen]
        cells += [contact.cell(one, title[:24], CELL_PX) for one in dyed if one is not None]
    return contact.grid(cells, len(chosen))
