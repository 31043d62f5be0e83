"""Requests that concern a live session are answered by the instance that has it.

Who asks is found out there, and once: a ticket or a signature is good for one look. Here nothing is
known of a request that is passed on but its address. What another instance has passed on is never
passed on again.
"""

from collections.abc import Mapping
from typing import Final

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from server.answering import ID
from server.bodies import is_broken
from server.connections.connection import Connection
from server.connections.leaving import ends_with_client
from server.doors.addresses import PEER
from server.doors.entrance import operation_of
from server.erasure import EDITS
from server.errors import ErrorCode
from server.ids import SESSION_ID
from server.instances.desks import DESKS
from server.instances.instance import INSTANCE
from server.instances.marks import ARRIVED, ELSEWHERE
from server.instances.neighbours import MISDIRECTED, InstanceGone, InstanceSilent
from server.instances.seals import HEADER
from server.keys import SERVICES, SESSIONS
from server.openapi.operation import Operation
from server.places import Places
from server.replies import body_broken, come_again, refused
from storage.errors import StorageError

PASSED_ON: Final = web.AppKey("passed_on", Places)
MOST_PASSED_ON: Final = 200
PASSED_ON_OF_ONE: Final = 16
"""At once, and of one session, which is one user's: each is a connection to another instance, for
as long as a body may take to come."""

log = structlog.get_logger(__name__)


@web.middleware
async def arriving(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Takes in what other instances pass on, at the address that is theirs, and nothing else
    there: it says where it came from."""
    connection = request.protocol
    if not (isinstance(connection, Connection) and connection.is_inside):
        return await handler(request)
    instance, told = request.app[INSTANCE], request.headers.get(HEADER, "")
    passed = instance.seals.read(told, instance.address, request.method, request.raw_path)
    if passed is None:
        return refused(MISDIRECTED, ErrorCode.FORBIDDEN, "This is for other instances")
    request[ARRIVED], request[PEER] = True, passed.peer
    if passed.request_id:
        request[ID] = passed.request_id
    return await handler(request)


def passing(
    table: Mapping[tuple[str, str], Operation],
) -> Middleware:
    """Passes requests on by a table of methods and addresses, as routes have them."""

    @web.middleware
    async def passing_on(request: web.Request, handler: Handler) -> web.StreamResponse:
        if ARRIVED in request:
            desk = DESKS.get((request.method, request.path))
            if desk is None:
                return await handler(request)
            request[ELSEWHERE] = True
            return await desk(request)
        operation = operation_of(table, request)
        session_id = request.match_info.get("session_id", "")
        if operation is None or not operation.at_session or not SESSION_ID.fullmatch(session_id):
            return await handler(request)
        if request.app[SESSIONS].has(session_id):
            return await handler(request)
        answer = await _answered(session_id, request, _making_s(request, operation))
        return await handler(request) if answer is None else answer

    return passing_on


async def _answered(
    session_id: str, request: web.Request, making_s: float
) -> web.StreamResponse | None:
    """What the instance that has the session answers; None if there is none. Raises
    RequestRefused."""
    try:
        # Of whom much is asked at once, others' are found all the same.
        with request.app[PASSED_ON].one(session_id):
            home = await request.app[INSTANCE].lodging.elsewhere(session_id)
            return None if home is None else await _answer_of(home, request, making_s)
    except InstanceGone:
        return None  # with it the session has ended
    except InstanceSilent:
        if is_broken(request):  # which is not the instance's fault
            raise body_broken() from None
        log.warning("another instance does not answer")
        return come_again(503, "The server that has the session does not answer")
    except StorageError:
        return come_again(503, "Which server has the session cannot be found out now")


async def _answer_of(home: str, request: web.Request, making_s: float) -> web.Response:
    """What the instance there answers. Raises InstanceGone and InstanceSilent."""
    request[ELSEWHERE] = True
    try:
        # Who has it is not left to work on what nobody waits for.
        with ends_with_client(request):
            return await request.app[INSTANCE].neighbours.pass_on(home, request, making_s)
    except Exception:  # but not when the client leaves: that is told there, too
        del request[ELSEWHERE]
        raise


def _making_s(request: web.Request, operation: Operation) -> float:
    """How long an answer may take to be made: a picture's way may be through the cloud, where it
    is paid for, whoever still waits for it."""
    if not operation.needs_consent:
        return 0.0
    return EDITS * request.app[SERVICES].settings.cloud_timeout_s
