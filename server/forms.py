"""Forms: multipart/form-data, read part by part and bounded; large files go straight to disk."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final, TypeAlias, cast

from aiohttp import BodyPartReader, MultipartReader, StreamReader, hdrs, web
from aiohttp.http_exceptions import BadHttpMessage

from server.bodies import Body, reading
from server.doors.consent import check_consent, is_asked
from server.doors.entrance import USER_FIELD, act_for
from server.errors import ErrorCode
from server.form_fields import F, FieldValue, Form, FormFile, StoredFile, checked, invalid, is_a
from server.replies import RequestRefused, body_late
from storage.workspace import Incoming, Workspace

MULTIPART: Final = "multipart/form-data"
MAX_TEXT_BYTES: Final = 16 * 1024
"""A look is less than a kilobyte."""
READ_BYTES: Final = 64 * 1024
PREAMBLE_LINES: Final = 2
"""Nobody writes a preamble; some begin with an empty line."""

BeforeFile: TypeAlias = Callable[[Mapping[str, FieldValue]], Awaitable[None]]
"""Is told the fields that came before a file that goes to the disk, when that file begins."""

_MALFORMED: Final = (
    ValueError,
    TypeError,
    RuntimeError,
    AssertionError,
    BadHttpMessage,
    ConnectionError,
)
"""What aiohttp's reader raises where a body is not what its header announces, or is cut off."""


@dataclass(frozen=True, slots=True)
class FormLimits:
    """How large each file may be, and how long the body may take."""

    max_file_bytes: int
    timeout_s: float


async def _wait_for_nothing(_: Mapping[str, FieldValue]) -> None:
    """A file may come at once."""


@asynccontextmanager
async def receive_form(
    request: web.Request,
    model: type[F],
    limits: FormLimits,
    workspace: Workspace,
    before_file: BeforeFile = _wait_for_nothing,
) -> AsyncIterator[F]:
    """The form in a request's body. Its stored files are on the disk until the block is left.

    Raises RequestRefused: 400 for what is no form, 408 for a body that takes too long, 413 for a
    file that is too large, 422 for a field that is wrong, missing, unknown or there twice, 401 for
    a body that is not the one that was signed; StorageFailed where a file cannot be written; and
    what ``before_file`` raises.
    """
    async with AsyncExitStack() as stack:
        check_announced(request, model, limits)
        reader = _Reader(request, model, limits, workspace, before_file, stack)
        try:
            async with asyncio.timeout(limits.timeout_s), reading(request) as body:
                values = await reader.read(body)
        except TimeoutError:
            raise body_late(limits.timeout_s) from None
        except _MALFORMED:
            raise _malformed(f"The body is no {MULTIPART}, or is cut off") from None
        # It may have been withdrawn while the body came.
        await check_consent(request, str(values.get(USER_FIELD)))
        yield checked(model, values)


def check_announced(request: web.Request, model: type[Form], limits: FormLimits) -> None:
    """Whether a body may be sent at all, by what its headers say. Raises RequestRefused."""
    if request.content_type != MULTIPART:
        raise _malformed(f"The body must be {MULTIPART}")
    if hdrs.CONTENT_ENCODING in request.headers:
        text = "The body must not be compressed"
        raise RequestRefused(415, ErrorCode.INVALID_REQUEST, text, closes=True)
    names = model.model_fields
    files = sum(is_a(model, name, FormFile) or is_a(model, name, StoredFile) for name in names)
    most = files * limits.max_file_bytes + len(names) * (MAX_TEXT_BYTES + READ_BYTES)
    if (request.content_length or 0) > most:
        raise _too_large("The body", limits.max_file_bytes)


class _Parts(MultipartReader):
    """Begins at once. aiohttp would look for the first part through any number of lines, and the
    event loop would wait for it."""

    async def _read_until_first_boundary(self) -> None:
        for _ in range(PREAMBLE_LINES):
            line = (await self._readline()).rstrip()
            if line == self._boundary:
                return
        raise ValueError("no part where the first one should be")


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one body."""

    request: web.Request
    model: type[Form]
    limits: FormLimits
    workspace: Workspace
    before_file: BeforeFile
    stack: AsyncExitStack

    async def read(self, body: Body) -> Mapping[str, FieldValue]:
        values = dict[str, FieldValue]()
        parts = _Parts(self.request.headers, cast("StreamReader", body))
        while (part := await parts.next()) is not None:
            if not isinstance(part, BodyPartReader) or part.name is None:
                raise _malformed("A part of the form has no name")
            if part.name not in self.model.model_fields:
                raise invalid(part.name[:32], "there is no such field")
            if part.name in values:
                raise invalid(part.name, "is there twice")
            values[part.name] = await self._value(part, part.name, values)
        return values

    async def _value(
        self, part: BodyPartReader, name: str, earlier: Mapping[str, FieldValue]
    ) -> FieldValue:
        if part.filename is None:
            return await self._allowed(name, await _text(part, name))
        if is_asked(self.request) and USER_FIELD not in earlier:
            raise invalid(USER_FIELD, "has to come before files, since consent is needed here")
        content_type = part.headers.get(hdrs.CONTENT_TYPE, "application/octet-stream")
        if is_a(self.model, name, StoredFile):
            await self.before_file(earlier)
            return StoredFile(part.filename, content_type, await self._to_disk(part, name))
        # A file in the place of a text is read no further than a text, and then refused.
        is_file = is_a(self.model, name, FormFile)
        limit = self.limits.max_file_bytes if is_file else MAX_TEXT_BYTES
        return FormFile(part.filename, content_type, await _in_memory(part, name, limit))

    async def _allowed(self, name: str, text: str) -> str:
        """Who names another user, or one who may do no more or has not agreed, need send no
        more."""
        if name == USER_FIELD:
            await act_for(self.request, text)
            await check_consent(self.request, text)
        return text

    async def _to_disk(self, part: BodyPartReader, name: str) -> Incoming:
        incoming = await self.stack.enter_async_context(self.workspace.receive())
        while chunk := await part.read_chunk(READ_BYTES):
            if incoming.size_bytes + len(chunk) > self.limits.max_file_bytes:
                raise _too_large(name, self.limits.max_file_bytes)
            await incoming.write(chunk)
        return incoming


async def _text(part: BodyPartReader, name: str) -> str:
    try:
        return (await _in_memory(part, name, MAX_TEXT_BYTES)).decode()
    except UnicodeDecodeError:
        raise invalid(name, "is not UTF-8") from None


async def _in_memory(part: BodyPartReader, name: str, limit_bytes: int) -> bytes:
    data = bytearray()
    while chunk := await part.read_chunk(READ_BYTES):
        data += chunk
        if len(data) > limit_bytes:
            raise _too_large(name, limit_bytes)
    return bytes(data)


def _too_large(name: str, limit_bytes: int) -> RequestRefused:
    text = f"{name}: more than the {limit_bytes} bytes allowed"
    return RequestRefused(413, ErrorCode.FILE_TOO_LARGE, text, closes=True)


def _malformed(text: str) -> RequestRefused:
    return RequestRefused(400, ErrorCode.INVALID_REQUEST, text, closes=True)
