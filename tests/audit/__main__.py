"""``python -m tests.audit [--strict]``: the second half of ``make lint``.

An advisory database that cannot be reached, or does not know a package, is told and let be, since
lint has to work without a network too; with ``--strict`` it is an error.
"""

import argparse
import asyncio
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from tests.audit.advisories import Answers, ask, explanations_of, judge
from tests.audit.licences import licences_unexplained
from tests.audit.pins import (
    ROOT,
    SERVED,
    TESTED,
    TRAINED,
    Pin,
    pins_at_odds,
    pins_not_installed,
    read_pins,
)

_SHOWN: Final = 5


def main(arguments: Sequence[str]) -> int:
    """Print what is wrong, and how much was looked at; 1 if anything is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.audit", description=__doc__)
    parser.add_argument("--strict", action="store_true", help="fail where nothing is known")
    is_strict = parser.parse_args(arguments).strict
    served, tested, trained = (read_pins(name) for name in (SERVED, TESTED, TRAINED))
    pins = list(dict.fromkeys([*served, *tested, *trained]))
    answers = asyncio.run(ask(pins))
    wrong = list(_wrong(served, tested, trained, answers))
    for finding in wrong:
        print(finding)
    print(summary(len(pins), answers))
    return int(fails(wrong, answers, is_strict=is_strict))


def fails(wrong: Sequence[str], answers: Answers, *, is_strict: bool) -> bool:
    """Whether that is an error, strictly seen where the index is silent too."""
    return bool(wrong) or (is_strict and bool(answers.unknown))


def summary(count: int, answers: Answers) -> str:
    """One line: how much the index knew of so many pins."""
    if not answers.unknown:
        return f"{count} pins, {len(answers.advisories)} known weaknesses"
    names = ", ".join(pin.name for pin in answers.unknown[:_SHOWN])
    more = ", ..." if len(answers.unknown) > _SHOWN else ""
    return (
        f"NOT AUDITED: the package index has no answer for {len(answers.unknown)} of {count} pins "
        f"({names}{more})"
    )


def _wrong(
    served: Sequence[Pin], tested: Sequence[Pin], trained: Sequence[Pin], answers: Answers
) -> Iterator[str]:
    config = _config()
    yield from pins_at_odds(served, [*tested, *trained])
    yield from pins_not_installed([*served, *tested])
    yield from licences_unexplained(served, config["licences"])
    explained = explanations_of(config["advisories"])
    yield from judge(answers, explained, datetime.now(UTC).date())


def _config() -> Mapping[str, Any]:
    document = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    config: Mapping[str, Any] = document["tool"]["audit"]
    return config


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
