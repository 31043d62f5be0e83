"""The files behind ``video_url`` and ``thumbnail_url``, opened while they are sent.

A file is its user's; where nobody is asked who they are, who knows a name may have it, and names
cannot be guessed. Signed addresses are good for a while, and for everybody.
"""

import re
from datetime import timedelta
from typing import Final

import structlog
from aiohttp import hdrs, web

from server.doors.entrance import CALLER
from server.errors import ErrorCode
from server.keys import DOWNLOADS, SERVICES
from server.logs import pseudonym
from server.queries import SignedQuery, read_query
from server.ranges import Asked, Found, decide
from server.replies import PATIENCE_S, RequestRefused, no_such_file, refused, stream
from server.storage_settings import DAY_S
from storage.addresses import address_of
from storage.errors import FileDamaged, FileMissing
from storage.files import KeptFile
from storage.results import ResultRecord, ResultStatus

NAME: Final = re.compile(r"(result|thumb)_[0-9a-f-]{36}\.(mp4|jpg)")
_DAYS: Final = {"result": 7, "thumb": 30}
"""For so many days it stays in a browser (section 6.4)."""
_TYPES: Final = {"mp4": "video/mp4", "jpg": "image/jpeg"}
_REFUSALS: Final = {
    412: "The file has changed",
    416: "The file has no such part",
}

log = structlog.get_logger(__name__)


async def kept_file(request: web.Request) -> web.StreamResponse:
    """``GET /uploads/{name}``: a video or its thumbnail; parts of it by Range."""
    name = request.match_info["name"]
    good_s = _signed_s(request, address_of(name))
    if NAME.fullmatch(name) is None:
        return no_such_file()
    services = request.app[SERVICES]
    record = await services.database.results.by_path(address_of(name))
    if record is None or record.status is not ResultStatus.COMPLETED:
        return no_such_file()
    if good_s is None and not request[CALLER].may_act_for(record.user_id):
        return no_such_file()
    try:
        file = await services.files.open(name)
        return await _answer(request, file, _headers(request, name, record, good_s))
    except FileMissing:
        log.error("file missing", file=pseudonym(name))  # noqa: TRY400
        return no_such_file()
    except FileDamaged as error:
        log.error("file damaged", file=pseudonym(name), reason=str(error))  # noqa: TRY400
        return refused(500, ErrorCode.INTERNAL_ERROR, "The file cannot be read any more")


def _signed_s(request: web.Request, address: str) -> int | None:
    """For how many seconds more the address is good; None if it is not signed. Raises
    RequestRefused (403) for one that is not good."""
    query = read_query(request, SignedQuery)
    if query.expires is None and query.signature is None:
        return None
    signer = request.app[SERVICES].signer
    left_s = signer.left_s(address, query.expires or "", query.signature or "")
    if left_s is None:
        text = "The address is signed wrongly, or is good no more"
        raise RequestRefused(403, ErrorCode.FORBIDDEN, text)
    return left_s


def _headers(
    request: web.Request, name: str, record: ResultRecord, good_s: int | None
) -> dict[str, str]:
    """What is said of the file. It stays in no cache for longer than here."""
    services = request.app[SERVICES]
    kind, suffix = name.partition("_")[0], name.rpartition(".")[2]
    over = record.created_at + timedelta(seconds=services.settings.keep_results_s)
    left_s = int((over - services.clock.utc_now()).total_seconds())
    most_s = _DAYS[kind] * DAY_S if good_s is None else good_s
    whose = "private" if good_s is None else "public"
    headers: dict[str, str] = {
        hdrs.CONTENT_TYPE: _TYPES[suffix],
        hdrs.CACHE_CONTROL: f"{whose}, max-age={max(0, min(left_s, most_s))}, immutable",
        hdrs.CONTENT_DISPOSITION: f'inline; filename="hair-try-on.{suffix}"',
        hdrs.ACCEPT_RANGES: "bytes",
    }
    if good_s is not None:
        # A CDN has another host than the page that shows what comes from it.
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return headers


async def _answer(
    request: web.Request, file: KeptFile, headers: dict[str, str]
) -> web.StreamResponse:
    # As it can be said in a header, which aiohttp would round up.
    modified = file.modified.replace(microsecond=0)
    verdict = decide(Asked.of(request), Found(file.etag, modified, file.size_bytes))
    if text := _REFUSALS.get(verdict.status):
        return _no_part(verdict.status, text, file)
    response = web.StreamResponse(status=verdict.status, headers=headers)
    response.etag, response.last_modified = file.etag, modified
    if verdict.status == web.HTTPNotModified.status_code:
        del response.headers[hdrs.CONTENT_TYPE]
        return response
    response.content_length = verdict.stop - verdict.start
    if verdict.status == web.HTTPPartialContent.status_code:
        span = f"bytes {verdict.start}-{verdict.stop - 1}/{file.size_bytes}"
        response.headers[hdrs.CONTENT_RANGE] = span
    if request.method != hdrs.METH_HEAD:
        file_id = pseudonym(request.match_info["name"])
        with request.app[DOWNLOADS].one(), structlog.contextvars.bound_contextvars(file=file_id):
            await stream(request, response, file.read(verdict.start, verdict.stop), PATIENCE_S)
    return response


def _no_part(status: int, text: str, file: KeptFile) -> web.Response:
    response = refused(status, ErrorCode.INVALID_REQUEST, text)
    response.etag = file.etag
    if status == web.HTTPRequestRangeNotSatisfiable.status_code:
        response.headers[hdrs.CONTENT_RANGE] = f"bytes */{file.size_bytes}"
    return response
