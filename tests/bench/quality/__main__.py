"""How good the hair looks: figures and sheets. ``make bench-quality ARGS="PART …"``.

Figures (``figures.json``, ``figures.md``) and contact sheets (PNG) are written to the folder; what
was found earlier for parts that are not run again stays. Look at every sheet at full size.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from processing.local.memory import keep_freed_memory
from processing.local.threads import use_one_thread_per_call
from tests.bench.quality import (
    carry,
    colour,
    leakage,
    masks,
    paste,
    report,
    sheets,
    speed,
    steady,
    teacher,
)
from tests.bench.quality.options import Options
from tests.bench.quality.report import Report
from tests.bench.quality.wiring import (
    dyer,
    engine,
    followers,
    judged_leaks,
    judged_masks,
    ours,
)

SHARED = Path(__file__).parents[3].parent / "shared"
OUT = Path(__file__).parents[3] / "out" / "quality"


def _masks(options: Options) -> Iterable[Report]:
    yield masks.run(options, judged_masks(options))


def _colour(options: Options) -> Iterable[Report]:
    yield colour.run(options, ours(options), dyer(options))
    yield colour.run(options, None, dyer(options))


def _leakage(options: Options) -> Iterable[Report]:
    yield leakage.run(options, judged_leaks(options), dyer(options))


def _steady(options: Options) -> Iterable[Report]:
    yield steady.run(options, followers(options))


def _paste(options: Options) -> Iterable[Report]:
    yield paste.run(options)


def _carry(options: Options) -> Iterable[Report]:
    yield carry.run(options)


def _speed(options: Options) -> Iterable[Report]:
    yield speed.run(options)


def _sheets(options: Options) -> Iterable[Report]:
    yield sheets.run(options, engine(options), dyer(options))


PARTS: dict[str, Callable[[Options], Iterable[Report]]] = {
    "masks": _masks,
    "colour": _colour,
    "leakage": _leakage,
    "steady": _steady,
    "paste": _paste,
    "carry": _carry,
    "speed": _speed,
    "sheets": _sheets,
}


def main(arguments: Sequence[str]) -> int:
    """Run the parts and write what they find."""
    parser = _parser()
    parsed = parser.parse_args(arguments)
    if unknown := set(parsed.part) - set(PARTS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known are {', '.join(PARTS)}")
    if not (parsed.shared / "truth" / "faces.json").is_file():
        print(f"no truth pictures in {parsed.shared}: name the folder with --shared")
        return 2
    use_one_thread_per_call()
    keep_freed_memory()
    if not teacher.is_available():
        print(teacher.ABSENT)
    options = Options(parsed.shared, parsed.out, parsed.limit, parsed.frames, parsed.networks)
    for part in parsed.part or PARTS:
        began_s = time.monotonic()
        for found in PARTS[part](options):
            report.write(found, options.out)
            print(f"\n## {found.part}\n\n{found.text}", flush=True)
        print(f"\n({part}: {time.monotonic() - began_s:.0f} s)", flush=True)
    print(f"\nFigures and sheets: {options.out}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.quality",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("part", nargs="*", help=", ".join(PARTS))
    parser.add_argument("--shared", type=Path, default=SHARED, help="truth, media and models")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--limit", type=int, help="about so many pictures, just to see it work")
    parser.add_argument("--frames", type=int, default=150, help="of each clip")
    parser.add_argument("--networks", choices=["all", "clean"], default="all")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
