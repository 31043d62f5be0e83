"""Whether the service is well (report section 4.1)."""

from aiohttp import web

from server.keys import SERVICES
from server.version import SERVICE_NAME, VERSION
from storage.database import StorageError


async def health(request: web.Request) -> web.Response:
    """``GET /api/hair-tryOn/health``: 200 when frames can be processed and sessions kept."""
    services = request.app[SERVICES]
    try:
        await services.database.ping()
        database = "connected"
    except StorageError:
        database = "unavailable"
    is_well = database == "connected"
    body = {
        "status": "healthy" if is_well else "unhealthy",
        "service": SERVICE_NAME,
        "version": VERSION,
        "uptime": round(services.clock.monotonic() - services.started_s, 1),
        "database": database,
        "ai_model": "ready",
    }
    return web.json_response(body, status=200 if is_well else 503)
