"""All parsers in turn, for a time."""

import gc
import time
from collections import Counter
from collections.abc import Sequence
from typing import Final

import psutil

from tests.fuzz.find import Finds
from tests.fuzz.service.vitals import MIB, MOST
from tests.fuzz.target import Target, hunt

EXAMPLES: Final = 300
"""Between two looks at the clock."""


def hunt_all(targets: Sequence[Target], seconds: float, seed: int, finds: Finds) -> Counter[str]:
    """Feed each of them for its share of the time: how many inputs each has had."""
    counts = Counter[str]()
    for target in targets:
        _hunt_one(target, seconds / len(targets), seed, finds, counts)
    return counts


def _hunt_one(
    target: Target, seconds: float, seed: int, finds: Finds, counts: Counter[str]
) -> None:
    """The first examples warm up what is made once; memory may not grow much after them."""
    until_s, warm_mib = time.monotonic() + seconds, 0.0
    while time.monotonic() < until_s or not warm_mib:
        find = hunt(target, EXAMPLES, seed + counts[target.name], is_timed=True)
        counts[target.name] += EXAMPLES
        if find is not None:
            finds.add(find)
        warm_mib = warm_mib or _memory_mib()
    if (grown_mib := _memory_mib() - warm_mib) > MOST.memory_mib:
        finds.note(target.name, f"memory has grown by {grown_mib:.0f} MiB")


def _memory_mib() -> float:
    gc.collect()
    return float(psutil.Process().memory_info().rss / MIB)
