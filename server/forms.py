"""Forms: multipart/form-data, read part by part, bounded, and checked by a typed model."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeAlias, TypeVar, get_args

import orjson
from aiohttp import BodyPartReader, hdrs, web
from aiohttp.http_exceptions import BadHttpMessage
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from processing.look import LookError, LookValues, parse_values
from server.errors import ErrorCode
from server.identity import USER_ID
from server.replies import RequestRefused

MULTIPART: Final = "multipart/form-data"
MAX_TEXT_BYTES: Final = 16 * 1024
"""A look is less than a kilobyte."""
READ_BYTES: Final = 64 * 1024

_CODES: Final = {"look": ErrorCode.INVALID_LOOK, "user_id": ErrorCode.INVALID_USER_ID}
_REASONS: Final = {
    "missing": "is missing",
    "dataclass_type": "must be a file, with a name",
    "string_type": "must be text, not a file",
    "string_pattern_mismatch": "is 1 to 128 letters, digits or any of - _ . @ : +",
}
_MALFORMED: Final = (ValueError, TypeError, RuntimeError, AssertionError, BadHttpMessage)
"""What aiohttp's reader raises where a body is not what its header announces."""


@dataclass(frozen=True, slots=True)
class FormFile:
    """A file as it came."""

    filename: str
    content_type: str
    data: bytes


class Form(BaseModel):
    """A form's fields: files are FormFile, all else is text."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


def _look_of(text: object) -> object:
    try:
        return parse_values(orjson.loads(text if isinstance(text, str) else b""))
    except orjson.JSONDecodeError:
        raise ValueError("is no JSON text") from None
    except LookError as error:
        raise ValueError(str(error)) from None


F = TypeVar("F", bound=Form)
UserId: TypeAlias = Annotated[str, Field(pattern=f"^{USER_ID.pattern}$")]
LookText: TypeAlias = Annotated[LookValues, BeforeValidator(_look_of)]
"""A look as JSON text, in the form of ``set_look``."""


async def read_form(
    request: web.Request, model: type[F], *, max_file_bytes: int, timeout_s: float
) -> F:
    """The form in a request's body. Every file may have ``max_file_bytes``.

    Raises RequestRefused: 400 for what is no form, 408 for a body that takes longer than
    ``timeout_s``, 413 for a file that is too large, 422 for a field that is wrong, missing, unknown
    or there twice.
    """
    if request.content_type != MULTIPART:
        raise _malformed(f"The body must be {MULTIPART}")
    files = sum(FormFile in _types_of(field.annotation) for field in model.model_fields.values())
    most = files * max_file_bytes + len(model.model_fields) * (MAX_TEXT_BYTES + READ_BYTES)
    if (request.content_length or 0) > most:
        raise _too_large("The body", most)
    try:
        async with asyncio.timeout(timeout_s):
            values = await _read_parts(request, model, max_file_bytes)
    except TimeoutError:
        text = f"The body did not come within {timeout_s:g} s"
        raise RequestRefused(408, ErrorCode.INVALID_REQUEST, text, closes=True) from None
    except _MALFORMED:
        raise _malformed(f"The body is no {MULTIPART}, or is cut off") from None
    return _checked(model, values)


async def _read_parts(
    request: web.Request, model: type[Form], max_file_bytes: int
) -> Mapping[str, FormFile | str]:
    values = dict[str, FormFile | str]()
    reader = await request.multipart()
    while (part := await reader.next()) is not None:
        if not isinstance(part, BodyPartReader) or part.name is None:
            raise _malformed("A part of the form has no name")
        name = part.name
        if name not in model.model_fields:
            raise _invalid(name[:32], "there is no such field")
        if name in values:
            raise _invalid(name, "is there twice")
        values[name] = await _read_part(part, name, max_file_bytes)
    return values


async def _read_part(part: BodyPartReader, name: str, max_file_bytes: int) -> FormFile | str:
    is_file = part.filename is not None
    limit = max_file_bytes if is_file else MAX_TEXT_BYTES
    data = bytearray()
    while chunk := await part.read_chunk(READ_BYTES):
        data += chunk
        if len(data) > limit:
            raise _too_large(name, limit)
    if is_file:
        content_type = part.headers.get(hdrs.CONTENT_TYPE, "application/octet-stream")
        return FormFile(part.filename or "", content_type, bytes(data))
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise _invalid(name, "is not UTF-8") from None


def _checked(model: type[F], values: Mapping[str, FormFile | str]) -> F:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = str(first["loc"][0])
        reason = _REASONS.get(first["type"], first["msg"].removeprefix("Value error, "))
        raise _invalid(name, reason, closes=False) from None


def _types_of(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) or (annotation,)


def _invalid(name: str, reason: str, *, closes: bool = True) -> RequestRefused:
    code = _CODES.get(name, ErrorCode.VALIDATION_FAILED)
    return RequestRefused(422, code, f"{name}: {reason}", closes=closes)


def _too_large(name: str, limit_bytes: int) -> RequestRefused:
    text = f"{name}: more than the {limit_bytes} bytes allowed"
    return RequestRefused(413, ErrorCode.FILE_TOO_LARGE, text, closes=True)


def _malformed(text: str) -> RequestRefused:
    return RequestRefused(400, ErrorCode.INVALID_REQUEST, text, closes=True)
