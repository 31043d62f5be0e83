"""A picture with the hair changed: in the cloud where that is asked for and can be, else here."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

import structlog
from aiohttp import web

from media.frame import Picture
from processing.cloud.faults import CloudFault
from processing.engine import Rendered
from processing.local import LOCAL
from processing.look import Look
from server.cloud.permission import Permission
from server.cloud.salon import CLOUD, CutOrder
from server.connections.leaving import ends_with_client
from server.cut_form import CutForm
from server.doors.entrance import sender_of
from server.identity import data_erased
from server.keys import ERASER, PHOTOS, PHOTOS_COMING, PHOTOS_WAITING, SALON, SERVICES
from server.studio import Studio

Sit: TypeAlias = Callable[[], Awaitable[tuple[Picture, Look]]]
"""Gives the picture, BGR, and the look. Raises RequestRefused."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """What came of it; ``made_by`` is in words for its answer's headers."""

    rendered: Rendered
    applied: tuple[str, ...]
    made_by: Mapping[str, str]


async def make(request: web.Request, studio: Studio, form: CutForm, sit: Sit) -> Made:
    """The picture as the form wants it, in full size. Its sender holds one of PHOTOS_COMING.

    Raises RequestRefused.
    """
    with request.app[PHOTOS].one():
        picture, look = await sit()
        if form.engine == "local":
            return await _made_here(studio, picture, look)
        await studio.check_color(look)  # before anything is paid for
    return await _by_cloud(request, studio, form, picture, look)


async def _by_cloud(
    request: web.Request, studio: Studio, form: CutForm, picture: Picture, look: Look
) -> Made:
    """Or, where that cannot be, here; the answer says why."""
    permission = _permission(request, form.user_id)
    try:
        leave = partial(request.app[PHOTOS_COMING].left, sender_of(request))
        wait = partial(_waiting, request)
        # A haircut that is named goes before that of a photo; no model does both.
        wanted = look if form.haircut is None else replace(look, style=None)
        # What was ordered is paid: who has lost the connection comes again for it.
        with ends_with_client(request) as goes_on:
            order = CutOrder(permission, wanted, form.haircut, leave, wait, goes_on)
            rendered = await request.app[SALON].cut(picture, order)
    except CloudFault as fault:
        if permission.is_erased:
            raise data_erased() from None
        log.info("made here instead of in the cloud", reason=fault.reason, detail=str(fault))
        request.app[SALON].fell_back(fault.reason)
        async with request.app[PHOTOS].waited():
            made = await _made_here(studio, picture, look)
        return replace(made, made_by={**made.made_by, "X-Fallback": fault.reason})
    rest = studio.engine_of(look).applies(replace(look, style=None))
    applied = ("style" if form.haircut is None else "haircut", *rest)
    return Made(rendered, applied, {"X-AI-Model": CLOUD})


@contextmanager
def _waiting(request: web.Request) -> Iterator[None]:
    """The place is others' meanwhile. Raises RequestRefused where too many wait."""
    sender = sender_of(request)
    with request.app[PHOTOS_WAITING].one(sender), request.app[PHOTOS_COMING].left(sender):
        yield


def _permission(request: web.Request, user_id: str) -> Permission:
    """As it is from now on."""
    services, lately = request.app[SERVICES], request.app[ERASER].lately
    return Permission(user_id, services.agreement, lately, services.clock.monotonic())


async def _made_here(studio: Studio, picture: Picture, look: Look) -> Made:
    rendered, engine = await studio.render(picture, look), studio.engine_of(look)
    made_by = {"X-AI-Model": LOCAL, "X-Engine": engine.name}
    return Made(rendered, engine.applies(look), made_by)
