"""What a server holds, and whether it holds more and more."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import psutil

MIB: Final = 1024 * 1024
WARM_SHARE: Final = 0.25
"""Of a run's samples: by then pools, caches and networks have what they need."""


@dataclass(frozen=True, slots=True)
class Vitals:
    """Between two rounds, when nobody is connected."""

    handles: int
    threads: int
    children: int
    memory_mib: float


MOST: Final = Vitals(handles=8, threads=4, children=1, memory_mib=48.0)
"""By so much the second half of the samples may lie above the first. Threads of pools begin when
they are needed; memory that was freed comes back in other sizes."""


def vitals_of(pid: int) -> Vitals:
    """Raises psutil.NoSuchProcess."""
    process = psutil.Process(pid)
    with process.oneshot():
        return Vitals(
            process.num_fds(),
            process.num_threads(),
            len(process.children()),
            process.memory_info().rss / MIB,
        )


def growth(samples: Sequence[Vitals]) -> list[str]:
    """What has grown: medians of the second half against those of the first, once it is warm."""
    warm = samples[max(1, round(len(samples) * WARM_SHARE)) :]
    first, second = warm[: len(warm) // 2], warm[len(warm) // 2 :]
    if not first:
        return []
    grown = []
    for name in ("handles", "threads", "children", "memory_mib"):
        before, after = (
            statistics.median(float(getattr(one, name)) for one in half) for half in (first, second)
        )
        if after - before > getattr(MOST, name):
            grown.append(f"{name}: {before:.0f}, then {after:.0f}")
    return grown
