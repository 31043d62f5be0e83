"""A user's rights: to have everything, and to have it erased."""

from aiohttp import hdrs, web

from server.answers import ErasureAnswer
from server.export import Export
from server.keys import ERASER, ERASURES, EXPORTS, SERVICES
from server.queries import UserPath, read_path
from server.replies import PATIENCE_S, stream


async def erase_user(request: web.Request) -> web.Response:
    """``DELETE /api/hair-tryOn/user/{user_id}/data``: everything, for good (section 7.3)."""
    user_id = read_path(request, UserPath).user_id
    with request.app[ERASURES].one(user_id):
        return ErasureAnswer.of(await request.app[ERASER].erase(user_id)).reply()


async def export_user(request: web.Request) -> web.StreamResponse:
    """``GET /api/hair-tryOn/user/{user_id}/export``: everything, as a ZIP."""
    services, user_id = request.app[SERVICES], read_path(request, UserPath).user_id
    response = web.StreamResponse(
        headers={
            hdrs.CONTENT_TYPE: "application/zip",
            hdrs.CONTENT_DISPOSITION: 'attachment; filename="hair-try-on.zip"',
        }
    )
    with request.app[EXPORTS].one(user_id):
        await stream(request, response, Export.of(user_id, services).pieces(), PATIENCE_S)
    return response
