"""Pictures come in of those who have agreed to have them changed, where that is needed.

Which addresses take pictures the table of contents says; who names the user in a form is asked by
what reads the form.
"""

from collections.abc import Mapping
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from server.agreement import NOT_AGREED
from server.doors.access import Access
from server.doors.entrance import REFUSED, USER_FIELD, operation_of
from server.errors import ErrorCode
from server.ids import USER_ID
from server.keys import SERVICES
from server.openapi.operation import Operation
from server.replies import RequestRefused, storage_refusal
from storage.errors import StorageError

ASKED: Final = web.RequestKey("asked", bool)
"""Whether the user has to have agreed before anything of this request is taken."""


def consenting(table: Mapping[tuple[str, str], Operation]) -> Middleware:
    """Asks at the addresses of a table that need it, as routes have them."""

    @web.middleware
    async def ask(request: web.Request, handler: Handler) -> web.StreamResponse:
        operation = operation_of(table, request)
        if operation is None or not operation.needs_consent or REFUSED in request:
            return await handler(request)
        request[ASKED] = request.app[SERVICES].agreement.is_needed
        try:
            for user_id in request.query.getall(USER_FIELD, ()):
                await check_consent(request, user_id)
        except RequestRefused as refused:
            if operation.access is not Access.SOCKET:
                raise
            request[REFUSED] = refused
        return await handler(request)

    return ask


def is_asked(request: web.Request) -> bool:
    """Whether the user has to have agreed."""
    asked: bool = request.get(ASKED, False)
    return asked


async def check_consent(request: web.Request, user_id: str) -> None:
    """Whether this user has agreed, if that is needed here. Raises RequestRefused: 403, or 503
    where it cannot be looked up.

    What is no user's id has agreed to nothing, and is told so by whoever reads it.
    """
    if not is_asked(request) or not USER_ID.fullmatch(user_id):
        return
    try:
        is_given = await request.app[SERVICES].agreement.is_given(user_id)
    except StorageError as error:
        raise storage_refusal(error) from None
    if not is_given:
        raise RequestRefused(403, ErrorCode.CONSENT_REQUIRED, NOT_AGREED, closes=True)
