"""A style is made of a user's words: paid once, checked, and kept with its record."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext, suppress
from dataclasses import replace
from datetime import timedelta
from typing import Final

import structlog
from aiohttp import web

from processing.cloud.faults import CloudFault
from processing.unbroken import unbroken
from server.background import at_work, every
from server.cloud.artist import Drawn, Wish
from server.cloud.permission import Permission
from server.cloud.refusals import refusal
from server.connections.leaving import ends_with_client
from server.doors.consent import check_consent
from server.doors.entrance import act_for
from server.errors import ErrorCode
from server.forms import FormLimits, receive_form
from server.identity import REPLAYED, data_erased, key_reused, read_idempotency_key
from server.insisting import insist
from server.json_body import JSON, read_json
from server.keys import ARTIST, ERASER, SERVICES, STYLES
from server.replies import RequestRefused
from server.request_digest import request_digest
from server.services import Services
from server.styles.documents import StyleAnswer, StyleForm
from storage.addresses import address_of, name_of
from storage.errors import DataErased, KeyReused, StorageError
from storage.files import new_name
from storage.styles import StyleNote, StyleRecord

MOST_STYLES: Final = 100
"""Of one user; who wants more deletes one: nothing that was paid for goes by itself."""
MOST_JSON_BYTES: Final = 8 * 1024
"""Words whose every letter is escaped."""
NOTE_S: Final = 20.0
"""A server that says nothing for so long makes a style no more."""
RENEW_S: Final = 5.0
PATIENCE_S: Final = 30.0
"""For so long a storage that is away is waited for: what was drawn is paid."""
PAUSE_S: Final = 1.0

log = structlog.get_logger(__name__)


async def make_style(request: web.Request) -> web.Response:
    """``POST /api/hair-tryOn/styles``: a photo of somebody with such hair, kept as a style."""
    services, key = request.app[SERVICES], read_idempotency_key(request)
    form = await _said(request)
    # One at a time: so the same request, sent again while it is under way, is not paid twice.
    with request.app[STYLES].one(form.user_id):
        wanted = _wanted(request, form, key)
        if (kept := await _before(services, wanted)) is None:
            async with _alone(services, wanted):
                # Another server may have made it a moment ago.
                kept = await _before(services, wanted) or await _made(request, form, wanted)
    answer = StyleAnswer.of(kept).reply(201)
    if kept.style_id != wanted.style_id:
        answer.headers[REPLAYED] = "true"
    return answer


async def _said(request: web.Request) -> StyleForm:
    """A form or JSON, whose user may be asked for, and has agreed. Raises RequestRefused."""
    services = request.app[SERVICES]
    within_s = services.settings.body_timeout_s
    if request.content_type != JSON:
        limits = FormLimits(0, within_s)
        async with receive_form(request, StyleForm, limits, services.workspace) as form:
            return form
    form = await read_json(request, StyleForm, within_s, MOST_JSON_BYTES)
    await act_for(request, form.user_id)
    await check_consent(request, form.user_id)
    return form


def _wanted(request: web.Request, form: StyleForm, key: str | None) -> StyleRecord:
    """The record, before anybody has made the photo."""
    return StyleRecord(
        style_id=str(uuid.uuid4()),
        user_id=form.user_id,
        prompt=form.prompt,
        aspect=form.aspect.value,
        model="",
        file_path=address_of(new_name("style", ".jpg")),
        created_at=request.app[SERVICES].clock.utc_now(),
        idempotency_key=key,
        request_digest=request_digest(form) if key else None,
    )


@asynccontextmanager
async def _alone(services: Services, wanted: StyleRecord) -> AsyncIterator[None]:
    """No other server makes what is wanted under its key meanwhile. Raises RequestRefused (429)
    where one does, and StorageError."""
    key, styles = wanted.idempotency_key, services.database.styles
    if key is None:
        yield
        return

    def note() -> StyleNote:
        due = services.clock.utc_now() + timedelta(seconds=NOTE_S)
        return StyleNote(wanted.style_id, wanted.user_id, key, due)

    if not await styles.begin(note(), services.clock.utc_now()):
        text = "The style of this Idempotency-Key is being made"
        raise RequestRefused(429, ErrorCode.RATE_LIMITED, text)
    try:
        renewing = every(RENEW_S, lambda: styles.renew(note()), "a style's note is not renewed")
        async with at_work(renewing):
            yield
    finally:
        with suppress(StorageError):
            await unbroken(styles.leave(note()))


async def _before(services: Services, wanted: StyleRecord) -> StyleRecord | None:
    """What the same request has made before. Raises RequestRefused (422) for another one's key."""
    key, digest = wanted.idempotency_key, wanted.request_digest
    if key is None or digest is None:
        return None
    try:
        return await services.database.styles.keyed(wanted.user_id, key, digest)
    except KeyReused:
        raise key_reused() from None


async def _check_room(services: Services, user_id: str) -> None:
    """For one more. Raises RequestRefused (409)."""
    _, count = await services.database.styles.of_user(user_id, 0)
    if count >= MOST_STYLES:
        text = f"There are {count} styles, as many as one user may have: delete one first"
        raise RequestRefused(409, ErrorCode.STYLES_FULL, text)


async def _made(request: web.Request, form: StyleForm, wanted: StyleRecord) -> StyleRecord:
    """The style that is kept by then. Raises RequestRefused; nothing is kept then."""
    services, user_id = request.app[SERVICES], form.user_id
    lately = request.app[ERASER].lately
    permission = Permission(user_id, services.agreement, lately, services.clock.monotonic())
    await _check_room(services, user_id)
    try:
        async with services.keeper.coming([wanted.file_path], user_id):
            # Who has named the request comes for what was made, though this answer is lost.
            with nullcontext() if wanted.idempotency_key else ends_with_client(request):
                drawn = await request.app[ARTIST].draw(Wish(permission, form.prompt, form.aspect))
            return await _kept(services, permission, wanted, drawn)
    except CloudFault as fault:
        if permission.is_erased:
            raise data_erased() from None
        log.info("no style was made", reason=fault.reason, detail=str(fault))
        raise refusal(fault, "prompt", services.clock.utc_now()) from None
    except KeyReused:
        raise key_reused() from None
    except DataErased:
        raise data_erased() from None


async def _kept(
    services: Services, permission: Permission, wanted: StyleRecord, drawn: Drawn
) -> StyleRecord:
    styles = services.database.styles
    made = replace(wanted, model=drawn.model, created_at=services.clock.utc_now())

    async def keep() -> StyleRecord:
        if (kept := await styles.get(made.style_id)) is not None:
            return kept  # it was added, and only the answer was lost
        await permission.ask()  # it may have been withdrawn meanwhile
        await services.files.write(name_of(made.file_path), drawn.jpeg)
        return await styles.add(made)

    return await insist(keep, services.clock, within_s=PATIENCE_S, pause_s=PAUSE_S)
