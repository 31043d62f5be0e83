"""Has films examined in a process of their own, one for each, a few at once."""

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import orjson
import structlog

from media.film.examine import FAULTS
from media.film.kind import BrokenFilm
from media.film.probe import FilmInfo, FilmLimits
from server.children import child

PATIENCE_S: Final = 10.0
"""A film that takes longer to examine is a trap."""

log = structlog.get_logger(__name__)


class FilmExaminer:
    """Examines films; no more than ``places`` at once."""

    def __init__(self, limits: FilmLimits, places: int) -> None:
        self._limits = limits
        self._places = asyncio.Semaphore(places)

    async def examine(self, path: Path) -> FilmInfo:
        """What a film is like; the path is absolute.

        Raises FilmError; what crashes or hangs its reader is a BrokenFilm. Raises StorageFailed
        where the machine cannot examine it.
        """
        async with self._places:
            answer = await self._ask(path)
        if "film" in answer:
            return FilmInfo(**answer["film"])
        raise FAULTS[answer["fault"]](answer["text"])

    async def _ask(self, path: Path) -> dict[str, Any]:
        async with child("media.film.examine", str(path)) as process:
            try:
                async with asyncio.timeout(PATIENCE_S):
                    said, _ = await process.communicate(orjson.dumps(asdict(self._limits)))
            except TimeoutError:
                log.warning("film took too long to examine")
                raise BrokenFilm("it takes too long to read") from None
            if process.returncode != 0:
                log.warning("film ended its examiner", code=process.returncode)
                raise BrokenFilm("it cannot be read")
        answer: dict[str, Any] = orjson.loads(said)
        return answer
