"""Dates in headers, which aiohttp reads where nobody can answer what goes wrong."""

from collections.abc import Callable, Mapping
from typing import Final

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from server.errors import ErrorCode
from server.replies import RequestRefused

_READ: Final[Mapping[str, Callable[[web.BaseRequest], object]]] = {
    hdrs.IF_MODIFIED_SINCE: lambda request: request.if_modified_since,
    hdrs.IF_UNMODIFIED_SINCE: lambda request: request.if_unmodified_since,
    hdrs.IF_RANGE: lambda request: request.if_range,
}


@web.middleware
async def dating(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuses days and years of twenty digits; other texts that are no date say nothing."""
    check_dates(request)
    return await handler(request)


def check_dates(request: web.BaseRequest) -> None:
    """Raises RequestRefused (400)."""
    for name, read in _READ.items():
        try:
            read(request)
        except OverflowError:
            text = f"{name}: is no date"
            raise RequestRefused(
                400, ErrorCode.INVALID_REQUEST, text, field=name, closes=True
            ) from None
