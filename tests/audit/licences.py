"""Licences that ask something of whoever passes the installed packages on."""

import re
from collections.abc import Iterable, Iterator, Mapping
from importlib import metadata
from typing import Final

from tests.audit.pins import Pin

# A wheel's metadata speak of its own code, not of the libraries that were put into it.
_LIBRARIES: Final = {"avcodec": "LGPL", "x264": "GPL", "x265": "GPL"}
_BINDING: Final = re.compile(
    r"\b(A|L)?GPL|\bGNU\b|General Public|\bSSPL|Server Side|\bBUSL|Non-?commercial|Proprietary",
    re.IGNORECASE,
)
_UNTOLD: Final = {"", "UNKNOWN"}


def licences_unexplained(pins: Iterable[Pin], explained: Mapping[str, str]) -> Iterator[str]:
    """Packages whose licence binds, or is not told, and nobody says why they may be used; and what
    is said of packages of which nothing need be."""
    binding = {pin.name: what for pin in pins if pin.applies and (what := _what_binds(pin.name))}
    for name, what in binding.items():
        if not explained.get(name):
            yield f"{name}: {what}; say in [tool.audit.licences] why it may be used"
    for name in explained.keys() - binding.keys():
        yield f"{name}: explained in [tool.audit.licences], where nothing is to be explained"


def what_binds(told: str, files: Iterable[str]) -> str:
    """What binds in a licence as it is told and in the libraries among a package's files; empty
    where nothing does."""
    parts = ["its licence is not told"] if told in _UNTOLD else []
    if _BINDING.search(told):
        parts.append(told)
    names = list(files)
    for library, licence in _LIBRARIES.items():
        if any(f"lib{library}" in name for name in names):
            parts.append(f"holds {library} ({licence})")
    return ", ".join(parts)


def _what_binds(name: str) -> str:
    try:
        package = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return ""
    return what_binds(_told(package), (file.name for file in package.files or ()))


def _told(package: metadata.Distribution) -> str:
    """An expression, else the classifiers, else the first line of the older field."""
    expression = _fields(package, "License-Expression")
    classes = [text for text in _fields(package, "Classifier") if text.startswith("License ::")]
    older = [text.partition("\n")[0].strip() for text in _fields(package, "License")]
    return "; ".join(expression or classes or older)


def _fields(package: metadata.Distribution, name: str) -> list[str]:
    return [str(text) for text in package.metadata.get_all(name) or ()]
