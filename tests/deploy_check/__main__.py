"""``python -m tests.deploy_check``: whether what is in ``deploy/`` can be what it says it is.

A program that is not installed is told and let be; in CI it is an error.
"""

import os
import sys
from collections.abc import Iterator
from typing import Final

from tests.deploy_check import compose, dockerfile, elk, gateway, rules
from tests.deploy_check.programs import MissingProgram

CHECKS: Final = (
    compose.fits_the_schema,
    compose.is_sound,
    dockerfile.is_sound,
    elk.is_sound,
    gateway.is_sound,
    rules.rules_are_sound,
    rules.alerts_are_tested,
    rules.meters_are_there,
    rules.receivers_are_sound,
)


def main() -> int:
    """Print what is wrong, and what could not be looked at; 1 if anything is wrong."""
    missing: list[str] = []
    wrong = list(_wrong(missing))
    for finding in (*wrong, *missing):
        print(finding)
    print(f"{len(CHECKS)} checks of deploy, {len(wrong)} findings")
    return int(bool(wrong) or (bool(missing) and os.environ.get("CI") == "true"))


def _wrong(missing: list[str]) -> Iterator[str]:
    for check in CHECKS:
        try:
            yield from check()
        except MissingProgram as error:
            missing.append(f"NOT CHECKED: {error}")


if __name__ == "__main__":
    sys.exit(main())
