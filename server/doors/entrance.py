"""Where every request comes in: who asks is found out, and whether they may ask for whom they name.

Addresses are for those who have shown who they are unless the table of contents says otherwise, so
that no new one is open by mistake.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from server.answering import WHOSE
from server.doors.access import Access
from server.doors.caller import ANYBODY, NOBODY, Caller
from server.doors.costs import Costs
from server.doors.doorkeeper import Doorkeeper
from server.doors.limits import Limits
from server.doors.origins import is_embedded
from server.doors.refusals import DoorsAway, NotLetIn
from server.doors.signing import ANNOUNCED
from server.errors import ErrorCode
from server.openapi.operation import Operation
from server.replies import RequestRefused
from server.signed import SIGNATURE

DOORKEEPER: Final = web.AppKey("doorkeeper", Doorkeeper)
LIMITS: Final = web.AppKey("limits", Limits)
CALLER: Final = web.RequestKey("caller", Caller)
REFUSED: Final = web.RequestKey("refused", RequestRefused)
"""Why somebody is not let in who is to be told so in a socket."""
COSTS: Final = web.RequestKey("costs", Costs)
"""What is still to be counted, when it is known whose it is."""
USER_FIELD: Final = "user_id"
"""What names a user, in addresses, queries and forms."""
CHALLENGE: Final = 'Bearer realm="hair-tryon"'
_TICKETS: Final = frozenset({Access.TICKET, Access.SOCKET})
_ADMINS: Final = frozenset({Access.ADMIN, Access.METERS})

UNKNOWN: Final = Operation("", "", {})
"""What is not in the table is for nobody who has not shown who they are."""

log = structlog.get_logger(__name__)


def entrance(table: Mapping[tuple[str, str], Operation]) -> Middleware:
    """Lets requests in by a table of methods and addresses, as routes have them."""

    @web.middleware
    async def enter(request: web.Request, handler: Handler) -> web.StreamResponse:
        request[CALLER] = NOBODY
        operation = operation_of(table, request)
        if operation is None or operation.access is Access.PUBLIC:
            return await handler(request)
        try:
            if operation.places is not None:
                request.app[operation.places].check()
            await _let_in(request, operation)
        except RequestRefused as refused:
            if operation.access is not Access.SOCKET:
                raise
            request[REFUSED] = refused
        try:
            return await handler(request)
        except Exception:
            # A form that named nobody: whoever sent it has done it for themselves.
            await _pay(request, request[CALLER].user_id)
            raise

    return enter


async def act_for(request: web.Request, user_id: str) -> None:
    """Whoever asks acts for this user, whose limits it counts towards. Raises RequestRefused: 403
    if they may not, 429 if the user has used them up."""
    _check(request, user_id)
    request[WHOSE] = user_id
    await _pay(request, user_id)


def sender_of(request: web.Request) -> str:
    """Who has sent it, whoever it is for: a user, or an address where nobody is asked."""
    caller = request[CALLER]
    known = "" if caller == NOBODY else caller.user_id
    return known or request.app[LIMITS].site(request)


def not_let_in(reason: str) -> RequestRefused:
    """401."""
    challenge: dict[str, str] = {hdrs.WWW_AUTHENTICATE: CHALLENGE}
    return RequestRefused(401, ErrorCode.UNAUTHORIZED, reason, headers=challenge, closes=True)


async def _let_in(request: web.Request, operation: Operation) -> None:
    """Raises RequestRefused."""
    if operation.costs is not Costs.NOTHING and is_embedded(request):
        # It would be the visitor's own count that another site's page uses up.
        raise _forbidden("Pages of other sites may not ask here")
    request[COSTS] = operation.costs
    if request.app[LIMITS].is_of_address(request, operation.costs):
        await _pay(request, NOBODY.user_id)  # whoever it is, and before it is found out
    caller = request[CALLER] = await _caller(request, operation.access)
    if caller != NOBODY:
        request[WHOSE] = caller.user_id
    if operation.places is not None and operation.takes_body:
        request.app[operation.places].check(sender_of(request))  # what has no place is not counted
    if ANNOUNCED in request and request.body_exists and not operation.takes_body:
        # Nobody would look whether it is the one that was signed.
        text = "The address takes no body"
        raise RequestRefused(400, ErrorCode.INVALID_REQUEST, text, closes=True)
    if operation.access in _ADMINS and not caller.is_admin:
        raise _forbidden("This is for admins")
    await _speak_for(request, operation, (*_named(request), caller.user_id))


async def _speak_for(request: web.Request, operation: Operation, users: Sequence[str]) -> None:
    """For those who are named, and for themselves, who are the last."""
    caller = request[CALLER]
    for user_id in users:
        _check(request, user_id)
    if caller != NOBODY:
        request[WHOSE] = users[0]
    for user_id in users:
        # Of a form it is the user whom the form names, and no other.
        if caller.is_alone or not operation.names_user:
            await _pay(request, user_id)


def _check(request: web.Request, user_id: str) -> None:
    """Raises RequestRefused: 403."""
    if not request[CALLER].may_act_for(user_id):
        raise _forbidden(f"{USER_FIELD}: is another user's")


def _forbidden(text: str) -> RequestRefused:
    return RequestRefused(403, ErrorCode.FORBIDDEN, text, closes=True)


async def _pay(request: web.Request, user_id: str) -> None:
    """Once for each request, for the first whom it is known to be for."""
    costs, request[COSTS] = request.get(COSTS, Costs.NOTHING), Costs.NOTHING
    await request.app[LIMITS].spend(request, costs, user_id)


def operation_of(
    table: Mapping[tuple[str, str], Operation], request: web.Request
) -> Operation | None:
    """None where there is no such address: whoever asks is told so."""
    resource = request.match_info.route.resource
    if resource is None:
        return None
    method = hdrs.METH_GET if request.method == hdrs.METH_HEAD else request.method
    return table.get((method, resource.canonical), UNKNOWN)


async def _caller(request: web.Request, access: Access) -> Caller:
    """Raises RequestRefused: 401, or 503 where it cannot be found out."""
    if access is Access.SIGNED and SIGNATURE in request.query:
        return NOBODY
    doorkeeper = request.app[DOORKEEPER]
    if access is Access.METERS and doorkeeper.scrapers.are_meant(request):
        return ANYBODY
    try:
        return await doorkeeper.caller(request, takes_tickets=access in _TICKETS)
    except NotLetIn as error:
        raise not_let_in(str(error)) from None
    except DoorsAway:
        log.error("callers cannot be told apart")  # noqa: TRY400
        text = "It cannot be found out now who you are"
        raise RequestRefused(503, ErrorCode.STORAGE_UNAVAILABLE, text, closes=True) from None


def _named(request: web.Request) -> Iterable[str]:
    """The users whom the address names."""
    if USER_FIELD in request.match_info:
        yield request.match_info[USER_FIELD]
    yield from request.query.getall(USER_FIELD, ())
