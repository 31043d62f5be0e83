"""A user's consent: what they have agreed to, and that they do so no more."""

from datetime import datetime

from aiohttp import web

from server.consent_documents import ConsentAnswer, ConsentBody
from server.errors import ErrorCode
from server.identity import data_erased
from server.json_body import read_json
from server.keys import ERASER, SERVICES
from server.notice import Notice, PurposeName
from server.queries import UserPath, read_path
from server.replies import RequestRefused
from server.users import erase_user
from storage.records import ConsentRecord


async def get_consent(request: web.Request) -> web.Response:
    """``GET /api/hair-tryOn/user/{user_id}/consent``: what is agreed to now."""
    user_id = read_path(request, UserPath).user_id
    record = await request.app[SERVICES].database.consents.get(user_id)
    return ConsentAnswer.of(record).reply()


async def give_consent(request: web.Request) -> web.Response:
    """``PUT`` there: the notice as it is now is agreed to, each purpose by itself."""
    services, lately = request.app[SERVICES], request.app[ERASER].lately
    begun_s, user_id = services.clock.monotonic(), read_path(request, UserPath).user_id
    said = await read_json(request, ConsentBody, services.settings.body_timeout_s)
    _check(said, services.agreement.notice)
    # Who withdraws has the last word, however late it comes what was sent before.
    if lately.has(user_id, begun_s):
        raise data_erased()
    record = _record(user_id, said, services.clock.utc_now())
    return ConsentAnswer.of(await services.database.consents.put(record)).reply()


async def withdraw_consent(request: web.Request) -> web.Response:
    """``DELETE`` there: what is under way stops, and everything of the user is erased."""
    return await erase_user(request)


def _check(said: ConsentBody, notice: Notice) -> None:
    """Whether it is this notice that is agreed to. Raises RequestRefused (409)."""
    if said.notice != notice.version:
        raise _conflict("notice", "is not the version that GET about has")
    if said.cloud and not notice.has(PurposeName.CLOUD):
        raise _conflict("cloud", "the notice has no such purpose")


def _conflict(field: str, reason: str) -> RequestRefused:
    return RequestRefused(409, ErrorCode.INVALID_REQUEST, f"{field}: {reason}", field=field)


def _record(user_id: str, said: ConsentBody, now: datetime) -> ConsentRecord:
    return ConsentRecord(
        user_id=user_id,
        processing=said.processing,
        cloud=said.cloud,
        notice=said.notice,
        given_at=now,
        updated_at=now,
    )
