"""Whether the service is well (report section 4.1)."""

from typing import Final

from aiohttp import web

from server.answers import HealthAnswer
from server.keys import SERVICES
from server.version import SERVICE_NAME, VERSION
from storage.database import StorageError

NO_MONGODB: Final = "not used"


async def health(request: web.Request) -> web.Response:
    """``GET /api/hair-tryOn/health``: 200 when frames can be processed and sessions kept."""
    services = request.app[SERVICES]
    queued = processing = None
    try:
        load = await services.database.results.workload()
        queued, processing = load.queued, load.processing
        database = "connected"
    except StorageError:
        database = "unavailable"
    is_well = database == "connected"
    answer = HealthAnswer(
        status="healthy" if is_well else "unhealthy",
        service=SERVICE_NAME,
        version=VERSION,
        uptime=int(services.clock.monotonic() - services.started_s),
        mongodb=NO_MONGODB,
        database=database,
        ai_model="ready",
        videos_queued=queued,
        videos_processing=processing,
    )
    return answer.reply(200 if is_well else 503)
