"""Whether the service is well (report section 4.1)."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from aiohttp import web

from server.answers import HealthAnswer
from server.keys import SERVICES
from server.services import Services
from server.supervisor.channel import Crew
from server.supervisor.seat import SEAT
from server.version import SERVICE_NAME, VERSION
from storage.database import Database
from storage.errors import StorageError
from storage.results import Workload

NO_MONGODB: Final = "not used"
DATABASE_S: Final = 2.0
FILES_S: Final = 2.0
"""They may take a moment, but who asks here may not wait for long."""
CACHE_S: Final = 0.5
"""A cache that takes longer to answer is as good as none."""

Reach: TypeAlias = Literal["connected", "unavailable"]


@dataclass(frozen=True, slots=True)
class Reached:
    """Which stores answer; ``load`` is what waits in the database, None if it does not."""

    load: Workload | None
    files: Reach
    cache: Literal["memory"] | Reach


async def health(request: web.Request) -> web.Response:
    """``GET /api/hair-tryOn/health``: 200 when frames can be processed and sessions kept.

    That takes neither a cache nor files.
    """
    services = request.app[SERVICES]
    reached = await asked(services)
    load, crew = reached.load, crew_of(request)
    database: Reach = "unavailable" if load is None else "connected"
    answer = HealthAnswer(
        status="healthy" if load else "unhealthy",
        service=SERVICE_NAME,
        version=VERSION,
        uptime=int(services.clock.monotonic() - services.started_s),
        mongodb=database if services.settings.mongodb_uri.get_secret_value() else NO_MONGODB,
        database=database,
        files=reached.files,
        cache=reached.cache,
        ai_model="ready",
        videos_queued=load.queued if load else None,
        videos_processing=load.processing if load else None,
        workers=crew.count,
        workers_ready=crew.ready,
    )
    return answer.reply(200 if load else 503)


def crew_of(request: web.Request) -> Crew:
    """Who serves here: this process alone, if it is not one of several."""
    seat = request.app.get(SEAT)
    return Crew(1, 1) if seat is None else seat.crew


async def asked(services: Services) -> Reached:
    """All stores asked at once, none for long."""
    return Reached(
        *await asyncio.gather(
            _load(services.database), _reach(services.files.ping(), FILES_S), _cache(services)
        )
    )


async def _load(database: Database) -> Workload | None:
    """None if the database cannot be asked."""
    try:
        async with asyncio.timeout(DATABASE_S):
            return await database.results.workload()
    except (StorageError, TimeoutError):
        return None


async def _cache(services: Services) -> Literal["memory"] | Reach:
    if not services.settings.redis_url.get_secret_value():
        return "memory"
    return await _reach(services.cache.ping(), CACHE_S)


async def _reach(ping: Awaitable[None], patience_s: float) -> Reach:
    try:
        async with asyncio.timeout(patience_s):
            await ping
    except (StorageError, TimeoutError):
        return "unavailable"
    return "connected"
