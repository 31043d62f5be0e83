"""Bodies of JSON: short, and read within a time."""

from typing import Final

import orjson
from aiohttp import hdrs, web

from server.bodies import read_bounded
from server.errors import ErrorCode
from server.form_fields import M, checked
from server.replies import RequestRefused

JSON: Final = "application/json"
MAX_BYTES: Final = 4096


async def read_json(
    request: web.Request, model: type[M], timeout_s: float, most_bytes: int = MAX_BYTES
) -> M:
    """The document in a request's body.

    Raises RequestRefused: 400 for what is no object in JSON, 401 for a body that is not the one
    that was signed, 408 for one that takes too long, 413 for one that is too long, 415 for another
    type, 422 for a field that is wrong.
    """
    if request.content_type != JSON or hdrs.CONTENT_ENCODING in request.headers:
        raise _refused(415, ErrorCode.INVALID_REQUEST, f"The body must be {JSON}, as it is")
    data = await read_bounded(request, most_bytes, timeout_s)
    try:
        values = orjson.loads(data)
    except orjson.JSONDecodeError:
        values = None
    if not isinstance(values, dict):
        raise _refused(400, ErrorCode.INVALID_JSON, "The body is no object in JSON")
    return checked(model, values)


def _refused(status: int, code: ErrorCode, text: str) -> RequestRefused:
    return RequestRefused(status, code, text, closes=True)
