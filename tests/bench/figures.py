"""The arithmetic of the benchmark. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from math import sqrt
from statistics import fmean

Sample = tuple[float, float]
"""Seconds into the window, and what was measured."""
Point = tuple[float, float]
"""What was chosen, and what was measured with it."""


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile, ``share`` from 0 to 1; nan for no values."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def per_core(frames: int, cpu_s: float) -> float:
    """Frames for each second of processor time; nan if none was used."""
    return frames / cpu_s if cpu_s > 0 else float("nan")


def cpu_ms_per_frame(frames: int, cpu_s: float) -> float:
    """Processor time for one frame, in milliseconds; nan for no frames."""
    return cpu_s * 1000.0 / frames if frames else float("nan")


def max_min_fair(demands: Sequence[float], capacity: float) -> list[float]:
    """Each demand's share of a capacity: the small ones in full, the rest in equal parts."""
    shares = [0.0] * len(demands)
    left = capacity
    by_size = sorted(range(len(demands)), key=lambda index: demands[index])
    for place, index in enumerate(by_size):
        shares[index] = min(demands[index], left / (len(demands) - place))
        left -= shares[index]
    return shares


def spread(values: Sequence[float]) -> float:
    """How far the smallest lies below the largest, as a share of the largest."""
    return (max(values) - min(values)) / max(values) if values and max(values) > 0 else 0.0


def relative_change(before: float, after: float) -> float:
    """By what share a figure has grown; negative if it has shrunk."""
    return after / before - 1.0 if before else float("nan")


def between(samples: Sequence[Sample], start_s: float, end_s: float) -> list[float]:
    """The values measured from ``start_s`` on and before ``end_s``."""
    return [value for at_s, value in samples if start_s <= at_s < end_s]


def longest_gap_s(came_s: Iterable[float], since_s: float, until_s: float) -> float:
    """The longest time with nothing between two moments. What never comes again is missed until the
    second of them."""
    within_s = sorted(one for one in came_s if since_s <= one <= until_s)
    return max(after - before for before, after in pairwise((since_s, *within_s, until_s)))


def change_by_thirds(samples: Sequence[Sample], window_s: float) -> float:
    """How much the mean of the last third differs from that of the first, as a share."""
    first = between(samples, 0.0, window_s / 3)
    last = between(samples, window_s * 2 / 3, float("inf"))
    return relative_change(fmean(first), fmean(last)) if first and last else float("nan")


def total_counts(counts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    """Several counters added up, without zeros."""
    names = dict.fromkeys(name for count in counts for name in count)
    totals = {name: sum(count.get(name, 0) for count in counts) for name in names}
    return {name: total for name, total in totals.items() if total}


def clipped(points: Sequence[Point], share: float) -> list[Point]:
    """With no value above this percentile: a pause of the machine says nothing of what was
    measured."""
    most = percentile([value for _, value in points], share)
    return [(chosen, min(value, most)) for chosen, value in points]


def trend(points: Sequence[Point]) -> tuple[float, float]:
    """By how much a value grows with what was chosen, by least squares, and the standard error of
    that."""
    means = [fmean(column) for column in zip(*points, strict=True)]
    spread_x = sum((x - means[0]) ** 2 for x, _ in points)
    slope = sum((x - means[0]) * (y - means[1]) for x, y in points) / spread_x
    left = sum((y - means[1] - slope * (x - means[0])) ** 2 for x, y in points)
    return slope, sqrt(left / (len(points) - 2) / spread_x)
