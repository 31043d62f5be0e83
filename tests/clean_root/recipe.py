"""A Dockerfile as its instructions. Pure."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

_CONTINUED: Final = re.compile(r"\\\n(?:\s*#.*\n)*")
_COPIED: Final = "--from="


@dataclass(frozen=True, slots=True)
class Instruction:
    """A word and what follows it, in a stage (0 for the first)."""

    stage: int
    word: str
    text: str


@dataclass(frozen=True, slots=True)
class Image:
    """What is said of the last stage: how it is begun, asked, by whom and where."""

    environment: Mapping[str, str]
    user: int
    group: int
    folder: str
    entrypoint: Sequence[str]
    healthcheck: Sequence[str]


@dataclass(slots=True)
class _Said:
    environment: dict[str, str] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)


def instructions(text: str) -> Iterator[Instruction]:
    """In order; comments and what comes before the first stage are left out."""
    stage = -1
    for line in _CONTINUED.sub(" ", text).splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        word, rest = line.split(maxsplit=1)
        stage += word == "FROM"
        if stage >= 0:
            yield Instruction(stage, word, rest.strip())


def copied(instruction: Instruction) -> tuple[list[str], str] | None:
    """What a COPY takes out of the repository, and where to; None for one from another stage."""
    *sources, target = shlex.split(instruction.text)
    return None if sources[0].startswith(_COPIED) else (sources, target)


def variables(instruction: Instruction) -> dict[str, str]:
    """What an ENV sets; ``$PATH`` is left as it is."""
    return dict(pair.split("=", 1) for pair in shlex.split(instruction.text))


def image(text: str) -> Image:
    """What its last stage says."""
    said, found = _Said(), list(instructions(text))
    for one in (one for one in found if one.stage == found[-1].stage):
        said.words[one.word] = one.text
        if one.word == "ENV":
            said.environment |= variables(one)
    user, group = said.words["USER"].split(":")
    return Image(
        said.environment, int(user), int(group), said.words["WORKDIR"],
        _command(said.words["ENTRYPOINT"]), _command(said.words["HEALTHCHECK"]),
    )  # fmt: skip


def _command(text: str) -> list[str]:
    words: list[str] = json.loads(text[text.index("[") :])
    return words
