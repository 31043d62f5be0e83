"""What is answered to one who asks for a file, or a part of it (RFC 9110, sections 13 and 14)."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aiohttp import ETag, hdrs, web

ANY: Final = "*"
_RANGE: Final = re.compile(
    r"bytes=[ \t]*(?:([0-9]{1,18})-([0-9]{0,18})|-([0-9]{1,18}))[ \t]*", re.I
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Under which conditions the file is wanted, and which part of it."""

    if_match: tuple[ETag, ...] | None = None
    if_none_match: tuple[ETag, ...] | None = None
    if_modified_since: datetime | None = None
    if_unmodified_since: datetime | None = None
    if_range: str | datetime | None = None
    """The ETag as it was sent, or a date."""
    part: str | None = None

    @classmethod
    def of(cls, request: web.BaseRequest) -> "Asked":
        """What a request asks for. Parts are for those who get."""
        is_get = request.method == hdrs.METH_GET
        return cls(
            if_match=request.if_match,
            if_none_match=request.if_none_match,
            if_modified_since=request.if_modified_since,
            if_unmodified_since=request.if_unmodified_since,
            if_range=request.if_range or request.headers.get(hdrs.IF_RANGE),
            part=request.headers.get(hdrs.RANGE) if is_get else None,
        )


@dataclass(frozen=True, slots=True)
class Found:
    """The file that there is; ``modified`` in whole seconds, as headers say it."""

    etag: str
    modified: datetime
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """The status, and which bytes are sent: 200 all, 206 a part; 304, 412 and 416 none."""

    status: int
    start: int = 0
    stop: int = 0


def decide(asked: Asked, found: Found) -> Verdict:
    """In the order of section 13.2.2. More than one part is not sent, but the whole."""
    if asked.if_match is not None:
        if not _among(found.etag, asked.if_match, weakly=False):
            return Verdict(412)
    elif asked.if_unmodified_since is not None and found.modified > asked.if_unmodified_since:
        return Verdict(412)
    if asked.if_none_match is not None:
        if _among(found.etag, asked.if_none_match, weakly=True):
            return Verdict(304)
    elif asked.if_modified_since is not None and found.modified <= asked.if_modified_since:
        return Verdict(304)
    if asked.part is None or asked.if_range not in (None, f'"{found.etag}"', found.modified):
        return Verdict(200, 0, found.size_bytes)
    return _part(asked.part, found.size_bytes)


def _among(etag: str, known: tuple[ETag, ...], *, weakly: bool) -> bool:
    return any(
        one.value == ANY or (one.value == etag and (weakly or not one.is_weak)) for one in known
    )


def _part(text: str, size_bytes: int) -> Verdict:
    match = _RANGE.fullmatch(text)
    first, last, suffix = match.groups() if match else ("", "", None)
    if match is None or (last and int(first) > int(last)):
        return Verdict(200, 0, size_bytes)
    if suffix is not None:
        start, stop = max(0, size_bytes - int(suffix)), size_bytes
    else:
        start, stop = int(first), min(int(last) + 1 if last else size_bytes, size_bytes)
    return Verdict(206, start, stop) if start < stop else Verdict(416)
