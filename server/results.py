"""Results: how far they are, a user's history, and their end."""

from typing import Final

from aiohttp import web

from server.answers import HistoryAnswer, HistoryItem, ResultAnswer
from server.errors import ErrorCode
from server.identity import USER_ID
from server.keys import JOBS, SERVICES
from server.replies import RequestRefused, storage_refusal
from storage.database import StorageError
from storage.results import ResultRecord

LIMIT: Final = 10
MOST: Final = 100
"""Results on one page of the history."""
FARTHEST: Final = 2**31
"""No history is longer."""


async def get_result(request: web.Request) -> web.Response:
    """``GET /api/hair-tryOn/result/{result_id}``: how far it is, or what came of it."""
    try:
        return ResultAnswer.of(await own_result(request)).reply()
    except RequestRefused as error:
        return error.reply()
    except StorageError as error:
        return storage_refusal(error).reply()


async def delete_result(request: web.Request) -> web.Response:
    """``DELETE /api/hair-tryOn/result/{result_id}``: an unfinished one is cancelled, and told as
    such; any other is forgotten, with its files (204)."""
    try:
        left = await request.app[JOBS].call_off(await own_result(request))
    except RequestRefused as error:
        return error.reply()
    except StorageError as error:
        return storage_refusal(error).reply()
    return web.Response(status=204) if left is None else ResultAnswer.of(left).reply()


async def history(request: web.Request) -> web.Response:
    """``GET /api/hair-tryOn/history/{user_id}``: a user's results, the latest first."""
    try:
        user_id = checked_user_id(request.match_info["user_id"])
        limit = _number(request, "limit", LIMIT, 1, MOST)
        offset = _number(request, "offset", 0, 0, FARTHEST)
        records, total = await request.app[SERVICES].database.results.history(
            user_id, limit, offset
        )
    except RequestRefused as error:
        return error.reply()
    except StorageError as error:
        return storage_refusal(error).reply()
    items = [HistoryItem.of(record) for record in records]
    return HistoryAnswer(results=items, total=total, limit=limit, offset=offset).reply()


async def own_result(request: web.Request) -> ResultRecord:
    """The result that the address names, if it is the user's who asks.

    Raises RequestRefused: 404 for none, 403 for another's (section 4.1), 422 for a user's id that
    is none; and StorageError.
    """
    user_id = checked_user_id(request.query.get("user_id", ""))
    record = await request.app[SERVICES].database.results.get(request.match_info["result_id"])
    if record is None:
        raise RequestRefused(404, ErrorCode.NOT_FOUND, "There is no such result")
    if record.user_id != user_id:
        raise RequestRefused(403, ErrorCode.FORBIDDEN, "The result belongs to another user")
    return record


def checked_user_id(text: str) -> str:
    """Raises RequestRefused for what is no user's id."""
    if not USER_ID.fullmatch(text):
        reason = "user_id: is 1 to 128 letters, digits or any of - _ . @ : +"
        raise RequestRefused(422, ErrorCode.INVALID_USER_ID, reason)
    return text


def _number(request: web.Request, name: str, default: int, least: int, most: int) -> int:
    text = request.query.get(name, str(default))
    is_whole = text.isascii() and text.isdigit() and len(text) <= len(str(FARTHEST))
    if not is_whole or not least <= int(text) <= most:
        reason = f"{name}: is a whole number from {least} to {most}"
        raise RequestRefused(422, ErrorCode.VALIDATION_FAILED, reason)
    return int(text)
