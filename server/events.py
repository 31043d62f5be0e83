"""A result watched to its end: server-sent events (WHATWG HTML, section 9.2)."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Final

from aiohttp import web

from server.answers import Answer
from server.jobs.progress import up_to_date
from server.keys import CLOSING, JOBS, SERVICES, WATCHERS
from server.replies import stream
from server.result_answers import ProgressAnswer, ResultAnswer
from server.results import own_result
from storage.errors import StorageError
from storage.results import ResultRecord

LOOK_S: Final = 0.5
"""So often a result is looked at."""
SILENCE_S: Final = 15.0
"""No longer is nothing sent, so that proxies keep the connection, and one that broke is noticed."""
RETRY_MS: Final = 2000
"""So soon a browser connects again."""


async def result_events(request: web.Request) -> web.StreamResponse:
    """``GET /api/hair-tryOn/result/{result_id}/events``: ``progress`` now and then, at last
    ``end`` with the result."""
    record = await own_result(request)
    with request.app[WATCHERS].one(record.user_id):
        return await _stream(request, record)


async def _stream(request: web.Request, record: ResultRecord) -> web.StreamResponse:
    response = web.StreamResponse()
    response.content_type, response.charset = "text/event-stream", "utf-8"
    # NGINX would keep events back until there are enough of them.
    response.headers["X-Accel-Buffering"] = "no"
    timeout_s = request.app[SERVICES].settings.send_timeout_s
    await stream(request, response, _events(request, record), timeout_s)
    return response


async def _events(request: web.Request, record: ResultRecord) -> AsyncGenerator[bytes, None]:
    """What is sent, when it is to be sent; ends with the result, or when the service stops."""
    services, closing = request.app[SERVICES], request.app[CLOSING]
    yield f"retry: {RETRY_MS}\n\n".encode()
    said, said_s = b"", services.clock.monotonic()
    current: ResultRecord | None = record
    while current is not None and not current.status.is_final and not closing.is_set():
        text, now_s = await _progress(request, current), services.clock.monotonic()
        if text != said:
            yield text
            said, said_s = text, now_s
        elif now_s - said_s >= SILENCE_S:
            yield b":\n\n"
            said_s = now_s
        with suppress(TimeoutError):
            await asyncio.wait_for(closing.wait(), LOOK_S)
        with suppress(StorageError):
            current = await services.database.results.get(record.result_id)
    if current is not None and current.status.is_final:
        yield _event("end", ResultAnswer.of(current, services.signer.sign))


async def _progress(request: web.Request, record: ResultRecord) -> bytes:
    left_s, record = 1, await up_to_date(record, request.app[SERVICES].cache)
    with suppress(StorageError):
        left_s = await request.app[JOBS].left_s(record)
    share = min(1.0, record.frames_done / max(1, record.frames_total))
    answer = ProgressAnswer(
        result_id=record.result_id,
        status=record.status,
        frames_done=record.frames_done,
        frames_total=record.frames_total,
        progress=round(share, 3),
        time_left=left_s,
    )
    return _event("progress", answer)


def _event(name: str, answer: Answer) -> bytes:
    return f"event: {name}\ndata: {answer.model_dump_json()}\n\n".encode()
