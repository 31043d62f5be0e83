"""What the package index knows against the pinned versions: the database that pip-audit asks.

pip-audit would bring seventeen packages, pip among them, to send the requests that are sent here.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector

from tests.audit.pins import Pin

INDEX: Final = "https://pypi.org"
_AT_ONCE: Final = 8
_ALL_S: Final = 25
"""All are asked at the same moment, and wait for their turn within this time."""


@dataclass(frozen=True, slots=True)
class Advisory:
    """A known weakness of a package's version, by all names that it goes by."""

    pin: Pin
    ids: frozenset[str]
    text: str

    def __str__(self) -> str:
        return f"{self.pin}: {', '.join(sorted(self.ids))}: {self.text}"


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a known weakness does no harm here; on that day it is to be thought over again."""

    package: str
    id: str
    why: str
    until: date

    def __str__(self) -> str:
        return f"{self.package}: {self.id}, explained in [tool.audit]"

    def is_of(self, advisory: Advisory) -> bool:
        """Whether this is the weakness that it explains."""
        return self.package == advisory.pin.name and self.id in advisory.ids


@dataclass(frozen=True, slots=True)
class Answers:
    """What the index said; ``unknown`` are the pins that it did not know or did not answer for."""

    advisories: tuple[Advisory, ...]
    unknown: tuple[Pin, ...]


async def ask(pins: Sequence[Pin], index: str = INDEX) -> Answers:
    """What the index knows of these, within 25 s."""
    async with ClientSession(
        connector=TCPConnector(limit=_AT_ONCE),
        timeout=ClientTimeout(total=_ALL_S),
        trust_env=True,
    ) as session:
        told = await asyncio.gather(*(_look_up(session, index, pin) for pin in pins))
    unknown = tuple(pin for pin, known in zip(pins, told, strict=True) if known is None)
    return Answers(tuple(advisory for known in told for advisory in known or ()), unknown)


def judge(answers: Answers, explained: Sequence[Explanation], today: date) -> Iterator[str]:
    """Weaknesses that nobody has explained; explanations that are over, or explain nothing."""
    for advisory in answers.advisories:
        if not any(each.is_of(advisory) for each in explained):
            yield str(advisory)
    unknown = {pin.name for pin in answers.unknown}
    for each in explained:
        if today >= each.until:
            yield f"{each}: to be thought over again"
        elif each.package not in unknown and not any(map(each.is_of, answers.advisories)):
            yield f"{each}: not known against the pinned version any more"


def explanations_of(table: Iterable[Mapping[str, Any]]) -> list[Explanation]:
    """Those of ``[[tool.audit.advisories]]``. Raises TypeError where one lacks a field."""
    return [Explanation(**entry) for entry in table]


async def _look_up(session: ClientSession, index: str, pin: Pin) -> list[Advisory] | None:
    """What is known against it; None where the index does not know it or does not answer."""
    try:
        url = f"{index}/pypi/{pin.name}/{pin.version}/json"
        async with session.get(url, raise_for_status=True) as response:
            known = (await response.json())["vulnerabilities"]
    except (ClientError, TimeoutError, ValueError, LookupError):
        return None
    return [_advisory(pin, entry) for entry in known if not entry.get("withdrawn")]


def _advisory(pin: Pin, entry: Mapping[str, Any]) -> Advisory:
    fixed = ", ".join(entry.get("fixed_in") or ["no version"])
    ids = frozenset({entry["id"], *entry.get("aliases", ())})
    text = str(entry.get("summary") or entry.get("details") or "").split("\n", maxsplit=1)[0]
    return Advisory(pin, ids, f"{text} (mended in {fixed})")
