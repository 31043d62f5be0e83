"""A user's consent: what they have agreed to, and that they do so no more."""

from datetime import datetime, timedelta
from typing import Final

from aiohttp import web

from server.consent_documents import ConsentAnswer, ConsentBody
from server.errors import ErrorCode
from server.identity import data_erased
from server.json_body import read_json
from server.keys import SERVICES
from server.notice import Notice, PurposeName
from server.queries import UserPath, read_path
from server.replies import RequestRefused
from server.users import erase_user
from storage.errors import DataErased
from storage.records import ConsentRecord

MARGIN_S: Final = 60.0
"""Beyond the time that a body may take: the storage may be slow, and servers' clocks differ."""


async def get_consent(request: web.Request) -> web.Response:
    """``GET /api/hair-tryOn/user/{user_id}/consent``: what is agreed to now."""
    user_id = read_path(request, UserPath).user_id
    record = await request.app[SERVICES].database.consents.get(user_id)
    return ConsentAnswer.of(record).reply()


async def give_consent(request: web.Request) -> web.Response:
    """``PUT`` there: the notice as it is now is agreed to, each purpose by itself."""
    services, user_id = request.app[SERVICES], read_path(request, UserPath).user_id
    consents, within_s = services.database.consents, services.settings.body_timeout_s
    # Who withdraws from now on has the last word, however late the rest of this comes.
    due = services.clock.utc_now() + timedelta(seconds=within_s + MARGIN_S)
    consent_id = await consents.note(user_id, due)
    said = await read_json(request, ConsentBody, within_s)
    _check(said, services.agreement.notice)
    record = _record(user_id, said, services.clock.utc_now())
    before = await consents.get(user_id)
    try:
        kept = await consents.put(record, consent_id)
    except DataErased:
        raise data_erased() from None
    if before is not None and not said.cloud:
        await services.cache.forget_user(user_id, "edit")
    return ConsentAnswer.of(kept).reply()


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
