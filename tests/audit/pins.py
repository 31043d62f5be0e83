"""Requirements files: one version of each package, the same in all of them, and installed."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

ROOT: Final = Path(__file__).parents[2]
SERVED: Final = "requirements.txt"
TESTED: Final = "tests/requirements.txt"
TRAINED: Final = "processing/training/requirements.txt"


@dataclass(frozen=True, slots=True)
class Pin:
    """A package at one version; ``applies`` on this interpreter and system."""

    name: str
    version: str
    applies: bool = True

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


def pins_of(text: str) -> Iterator[Pin]:
    """The pins of a requirements file. Raises ValueError for a line that leaves a choice."""
    for line in text.splitlines():
        if (wanted := line.partition("#")[0].strip()) and not wanted.startswith("-c "):
            yield _pin(wanted)


def read_pins(name: str) -> list[Pin]:
    """The pins of one of the files above. Raises ValueError."""
    return list(pins_of((ROOT / name).read_text(encoding="utf-8")))


def pins_at_odds(served: Iterable[Pin], others: Iterable[Pin]) -> Iterator[str]:
    """What one file pins otherwise than the service's own."""
    versions: dict[str, set[str]] = {}
    for pin in served:
        versions.setdefault(pin.name, set()).add(pin.version)
    for pin in others:
        if pin.version not in versions.get(pin.name, {pin.version}):
            yield f"{pin}: the service's own requirements pin another version"


def pins_not_installed(pins: Sequence[Pin]) -> Iterator[str]:
    """What is pinned for this interpreter and is not installed, or in another version."""
    for pin in pins:
        found = _installed(pin.name) if pin.applies else pin.version
        if found != pin.version:
            yield f"{pin}: pinned, but {found or 'nothing'} is installed"


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _pin(line: str) -> Pin:
    try:
        wanted = Requirement(line)
    except InvalidRequirement:
        raise ValueError(f"{line}: no requirement") from None
    versions = list(wanted.specifier)
    if len(versions) != 1 or versions[0].operator != "==" or versions[0].version.endswith(".*"):
        raise ValueError(f"{line}: leaves open which version, or where from")
    applies = wanted.marker is None or wanted.marker.evaluate()
    return Pin(canonicalize_name(wanted.name), versions[0].version, applies)
