"""Results: how far they are, a user's history, and their end."""

from aiohttp import web

from server.cursors import cursor_text
from server.errors import ErrorCode
from server.jobs.progress import up_to_date
from server.keys import JOBS, SERVICES
from server.queries import OwnQuery, PageQuery, UserPath, read_path, read_query
from server.replies import RequestRefused
from server.result_answers import HistoryAnswer, HistoryItem, ResultAnswer
from storage.results import Cursor, ResultRecord


async def get_result(request: web.Request) -> web.Response:
    """``GET /api/hair-tryOn/result/{result_id}``: how far it is, or what came of it."""
    record = await own_result(request)
    return _told(request, await up_to_date(record, request.app[SERVICES].cache)).reply()


async def delete_result(request: web.Request) -> web.Response:
    """``DELETE /api/hair-tryOn/result/{result_id}``: an unfinished one is cancelled, and told as
    such; any other is forgotten, with its files (204)."""
    jobs, record = request.app[JOBS], await own_result(request)
    if not record.status.is_final:
        return _told(request, await jobs.cancel(record)).reply()
    await jobs.forget(record)
    return web.Response(status=204)


async def cancel_result(request: web.Request) -> web.Response:
    """``POST /api/hair-tryOn/result/{result_id}/cancel``: as ``DELETE`` of an unfinished one; one
    that is finished by then stays, and is told as it is."""
    record = await request.app[JOBS].cancel(await own_result(request))
    return _told(request, record).reply()


async def history(request: web.Request) -> web.Response:
    """``GET /api/hair-tryOn/history/{user_id}``: a user's results, the latest first."""
    user_id, page = read_path(request, UserPath).user_id, read_query(request, PageQuery)
    services = request.app[SERVICES]
    # One more than is told says whether there is another page.
    found, total = await services.database.results.history(
        user_id, page.limit + 1, page.offset, page.after
    )
    records = found[: page.limit]
    is_last = len(found) == len(records)
    return HistoryAnswer(
        results=[HistoryItem.of(record, services.signer.sign) for record in records],
        total=total,
        limit=page.limit,
        offset=page.offset,
        next_cursor=None if is_last else cursor_text(Cursor.behind(records[-1])),
    ).reply()


async def own_result(request: web.Request) -> ResultRecord:
    """The result that the address names, if it is the user's who asks.

    Raises RequestRefused: 404 for none, 403 for another's (section 4.1), 422 for a user's id that
    is none; and StorageError.
    """
    user_id = read_query(request, OwnQuery).user_id
    record = await request.app[SERVICES].database.results.get(request.match_info["result_id"])
    if record is None:
        raise _missing()
    if record.user_id != user_id:
        raise RequestRefused(403, ErrorCode.FORBIDDEN, "The result belongs to another user")
    return record


def _told(request: web.Request, record: ResultRecord | None) -> ResultAnswer:
    """Raises RequestRefused (404) where there is none any more."""
    if record is None:
        raise _missing()
    return ResultAnswer.of(record, request.app[SERVICES].signer.sign)


def _missing() -> RequestRefused:
    return RequestRefused(404, ErrorCode.NOT_FOUND, "There is no such result")
