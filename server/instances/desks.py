"""What instances ask each other, and nobody else can."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeAlias

from aiohttp import web

from server.errors import ErrorCode
from server.ids import SESSION_ID, USER_ID
from server.instances.instance import INSTANCE
from server.instances.lodging import DOCUMENT, HAND_OVER, UNWRITTEN, WRITTEN
from server.instances.messenger import ERASED
from server.keys import ERASER, SERVICES, SESSIONS
from server.metrics.shared import METERS
from server.registry import SessionRefused
from server.replies import RequestRefused, no_such_file, refused

Desk: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def hand_over(request: web.Request) -> web.Response:
    """A session goes on at the instance that asks: it ends here, and its document is written, or
    is the answer if it cannot be."""
    session_id, user_id = request.query.get("session_id", ""), request.query.get("user_id", "")
    if not (SESSION_ID.fullmatch(session_id) and USER_ID.fullmatch(user_id)):
        raise RequestRefused(400, ErrorCode.INVALID_REQUEST, "Names no session")
    try:
        unwritten = await request.app[SESSIONS].hand_over(session_id, user_id)
    except SessionRefused as error:
        return refused(403, error.code, error.message)
    if unwritten is None:
        return web.Response(status=WRITTEN)
    if request.transport is None:  # who has asked waits no longer: nobody else has it
        request.app[SERVICES].journal.note(unwritten)
    return web.Response(status=UNWRITTEN, body=DOCUMENT.dump_json(unwritten))


async def erased(request: web.Request) -> web.Response:
    """A user is erased by the instance that asks; how many live sessions end here."""
    user_id = request.query.get("user_id", "")
    if not USER_ID.fullmatch(user_id):
        raise RequestRefused(400, ErrorCode.INVALID_REQUEST, "Names no user")
    return web.Response(text=str(await request.app[ERASER].erased_elsewhere(user_id)))


async def tell_meters(request: web.Request) -> web.Response:
    """What another worker of this machine tells with its own."""
    meters = request.app[INSTANCE].meters
    return no_such_file() if meters is None else web.Response(body=await meters.own())


DESKS: Final[Mapping[tuple[str, str], Desk]] = {
    ("POST", HAND_OVER): hand_over,
    ("POST", ERASED): erased,
    ("GET", METERS): tell_meters,
}
