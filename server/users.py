"""A user's rights: to have everything, and to have it erased."""

import asyncio
from contextlib import aclosing

import structlog
from aiohttp import hdrs, web

from server.answers import ErasureAnswer
from server.export import Export
from server.kept import PATIENCE_S
from server.keys import ERASER, EXPORTS, SERVICES
from server.queries import UserPath, read_path
from server.replies import cut, refusing
from storage.errors import StorageError

log = structlog.get_logger(__name__)


@refusing
async def erase_user(request: web.Request) -> web.Response:
    """``DELETE /api/hair-tryOn/user/{user_id}/data``: everything, for good (section 7.3)."""
    user_id = read_path(request, UserPath).user_id
    return ErasureAnswer.of(await request.app[ERASER].erase(user_id)).reply()


@refusing
async def export_user(request: web.Request) -> web.StreamResponse:
    """``GET /api/hair-tryOn/user/{user_id}/export``: everything, as a ZIP."""
    services, user_id = request.app[SERVICES], read_path(request, UserPath).user_id
    with request.app[EXPORTS].one():
        export = await Export.of(user_id, services)
        response = web.StreamResponse(
            headers={
                hdrs.CONTENT_TYPE: "application/zip",
                hdrs.CONTENT_DISPOSITION: 'attachment; filename="hair-try-on.zip"',
                hdrs.CACHE_CONTROL: "no-store",
            }
        )
        await response.prepare(request)
        try:
            await _send(response, export)
        except StorageError as error:
            log.error("export broken off", reason=str(error))  # noqa: TRY400
            cut(request)
        except (TimeoutError, ConnectionError):
            cut(request)
    return response


async def _send(response: web.StreamResponse, export: Export) -> None:
    async with aclosing(export.pieces()) as pieces:
        async for piece in pieces:
            async with asyncio.timeout(PATIENCE_S):
                await response.write(piece)
    await response.write_eof()
