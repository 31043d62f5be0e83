"""``python -m tests.fuzz [--minutes N] [--only NAME …]``: parsers and the service, fed at random.

Exits with 0 if nothing was found, else with 1. What was found is told, and kept in a folder.
"""

import argparse
import asyncio
import sys
import time
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.fuzz.find import Finds
from tests.fuzz.hunting import hunt_all
from tests.fuzz.service.siege import ATTACKS, Siege, besiege
from tests.fuzz.service.vitals import Vitals
from tests.fuzz.targets import TARGETS

PARSERS_SHARE: Final = 0.3
"""Of the time, where both are fuzzed: a server has more ways to go wrong."""
SHOWN: Final = 400


def main(arguments: Sequence[str]) -> int:
    """Fuzz, tell, and return the exit code."""
    options = _options(arguments)
    finds = Finds(options.out)
    targets = [one for one in TARGETS if not options.only or one.name in options.only]
    attacks = [name for name in ATTACKS if not options.only or name in options.only]
    share = PARSERS_SHARE if targets and attacks else 1.0
    seconds = options.minutes * 60
    print(f"seed {options.seed}", flush=True)
    if targets:
        with warnings.catch_warnings(action="ignore"):  # Pillow warns of what is damaged
            _tell_counts("inputs", hunt_all(targets, seconds * share, options.seed, finds))
    if attacks:
        rest_s = seconds * (1.0 - share if targets else 1.0)
        _tell_siege(asyncio.run(besiege(attacks, rest_s, options.seed, finds)))
    return _verdict(finds)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    names = [*(one.name for one in TARGETS), *ATTACKS]
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0, help="in all (30)")
    parser.add_argument("--only", action="append", choices=names, help="may be given repeatedly")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="to do the same again")
    parser.add_argument("--out", type=Path, default=Path("fuzz-finds"), help="folder for finds")
    return parser.parse_args(arguments)


def _tell_counts(title: str, counts: Counter[str]) -> None:
    print(f"\n{title}: {counts.total()}")
    for name, count in sorted(counts.items()):
        print(f"  {name:32} {count:>9}")


def _tell_siege(siege: Siege) -> None:
    _tell_counts("attacks, and what they were answered", siege.counts)
    print("\nbetween the rounds: handles, threads, children, memory (MiB)")
    for sample in siege.samples:
        print(f"  {_line(sample)}")


def _line(sample: Vitals) -> str:
    return f"{sample.handles:>6} {sample.threads:>6} {sample.children:>6} {sample.memory_mib:>8.1f}"


def _ends(text: str) -> str:
    """What was seen, without its middle: a traceback says most at its end."""
    return text if len(text) <= 2 * SHOWN else f"{text[:SHOWN]}\n    [...]\n{text[-SHOWN:]}"


def _verdict(finds: Finds) -> int:
    for find in finds.all:
        print(f"\nFIND in {find.where}: {_ends(find.what)}")
    if finds.all:
        print(f"\nFOUND: {len(finds.all)}, kept in {finds.folder}")
        return 1
    print("\nCLEAN: nothing was found")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
