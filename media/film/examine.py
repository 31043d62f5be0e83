"""A film examined in a process of its own: a stranger's file may crash or hang a decoder, and then
takes nobody along.

``python -m media.film.examine PATH`` reads the limits from its standard input and writes what it
found to its standard output, both as one JSON object.
"""

import json
import resource
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Final

from media.film import kind
from media.film.kind import FilmError
from media.film.probe import FilmLimits, probe

MEMORY_BYTES: Final = 2 * 1024**3
CPU_S: Final = 20
"""More than any film takes that is allowed; a bomb ends here."""

WRITTEN_BYTES: Final = 64 * 1024
"""What is found fits many times."""

FAULTS: Final = {
    error.__name__: error
    for error in (
        kind.EmptyFilm,
        kind.UnknownFilm,
        kind.BrokenFilm,
        kind.FilmTooLong,
        kind.FilmTooLarge,
    )
}
"""What may be wrong with a film, by the name under which it is reported."""


def confine() -> None:
    """Bound what this process may use: memory, time, and what is written."""
    for what, limit in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_FSIZE, WRITTEN_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        _, most = resource.getrlimit(what)
        resource.setrlimit(what, (limit if most < 0 else min(limit, most), most))


def main(path: str) -> int:
    """Examine the film. Returns the process's exit code, 0 whatever the film is like."""
    limits = FilmLimits(**json.load(sys.stdin))
    confine()
    try:
        found: dict[str, object] = {"film": asdict(probe(Path(path), limits))}
    except FilmError as error:
        found = {"fault": type(error).__name__, "text": str(error)}
    json.dump(found, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
