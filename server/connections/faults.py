"""What is wrong with requests that are none to aiohttp's parser, in the shape of all errors.

None of them says what was sent.
"""

import uuid
from dataclasses import dataclass, replace
from email.utils import formatdate
from http import HTTPStatus
from typing import Final, cast

import structlog
from aiohttp import hdrs
from aiohttp.http_exceptions import BadHttpMessage, InvalidURLError, LineTooLong

from server.answering import REQUEST_ID
from server.errors import ErrorCode
from server.replies import RETRY_AFTER_S, ErrorReply, refused

LINE_MAX_BYTES: Final = 8 * 1024
FIELD_MAX_BYTES: Final = LINE_MAX_BYTES - 2
"""A name and its value. The parser tells by the limit alone which of the two was passed."""
MOST_FIELDS: Final = 100
HEAD_MAX_BYTES: Final = 64 * 1024
"""Of all headers together: as many as may be, of the largest size, would be a megabyte."""
TOO_MANY: Final = "Too many headers received"
"""In aiohttp's words."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Fault:
    """An answer, and the id that it and the log name it by."""

    status: HTTPStatus
    code: ErrorCode
    text: str
    request_id: str = ""

    def named(self) -> "Fault":
        """With an id."""
        return replace(self, request_id=uuid.uuid4().hex)

    def told(self) -> "Fault":
        """With an id, by which the log has it."""
        fault = self.named()
        log.warning(
            "request refused",
            request_id=fault.request_id,
            status=fault.status.value,
            code=fault.code,
        )
        return fault

    def reply(self) -> ErrorReply:
        """As a response that ends the connection."""
        response = refused(self.status, self.code, self.text)
        response.identify(self.request_id)
        response.headers.update(self._headers())
        response.force_close()
        return response

    def as_bytes(self) -> bytes:
        """As a whole answer, where there is no request that it could be the response to."""
        body = cast("bytes", self.reply().body)
        fields = {
            hdrs.CONTENT_TYPE: "application/json",
            hdrs.CONTENT_LENGTH: str(len(body)),
            hdrs.CONNECTION: "close",
            hdrs.DATE: formatdate(usegmt=True),
            **self._headers(),
        }
        lines = [f"HTTP/1.1 {self.status.value} {self.status.phrase}"]
        lines += [f"{name}: {value}" for name, value in fields.items()]
        return "\r\n".join([*lines, "", ""]).encode() + body

    def _headers(self) -> dict[str, str]:
        headers = {
            REQUEST_ID: self.request_id,
            hdrs.CACHE_CONTROL: "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        if self.status == HTTPStatus.SERVICE_UNAVAILABLE:
            headers[hdrs.RETRY_AFTER] = str(RETRY_AFTER_S)
        return headers


NOT_HTTP: Final = Fault(
    HTTPStatus.BAD_REQUEST, ErrorCode.INVALID_REQUEST, "The request is not as HTTP/1.1 has it"
)
WRONG_ADDRESS: Final = Fault(
    HTTPStatus.BAD_REQUEST, ErrorCode.INVALID_REQUEST, "The request's address is none"
)
LONG_ADDRESS: Final = Fault(
    HTTPStatus.REQUEST_URI_TOO_LONG,
    ErrorCode.INVALID_REQUEST,
    f"The request's address has more than {LINE_MAX_BYTES} bytes",
)
LONG_FIELD: Final = Fault(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    ErrorCode.INVALID_REQUEST,
    f"A header has more than {FIELD_MAX_BYTES} bytes",
)
MANY_FIELDS: Final = Fault(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    ErrorCode.INVALID_REQUEST,
    f"There are more than {MOST_FIELDS} headers, or more than {HEAD_MAX_BYTES} bytes of them",
)
LATE_HEAD: Final = Fault(
    HTTPStatus.REQUEST_TIMEOUT,
    ErrorCode.INVALID_REQUEST,
    "The request's line and headers did not come in time",
)
BROKEN: Final = Fault(
    HTTPStatus.INTERNAL_SERVER_ERROR,
    ErrorCode.INTERNAL_ERROR,
    "Something went wrong here; request_id names it in the log",
)


def fault_of(error: BaseException | None) -> Fault:
    """What the parser's complaint is called here."""
    match error:
        case LineTooLong():
            return LONG_ADDRESS if LINE_MAX_BYTES in error.args else LONG_FIELD
        case InvalidURLError():
            return WRONG_ADDRESS
        case BadHttpMessage() if error.message == TOO_MANY:
            return MANY_FIELDS
    return NOT_HTTP
