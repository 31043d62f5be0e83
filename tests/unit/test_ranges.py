"""Which part of a file is sent, and when none is: the rules of RFC 9110, case by case."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import ETag, hdrs
from aiohttp.test_utils import make_mocked_request

from server.ranges import Asked, Found, Verdict, decide

SECOND = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
FOUND = Found("tag", SECOND, 1000)
OWN, WEAK, OTHER, ANY = ETag("tag"), ETag("tag", is_weak=True), ETag("other"), ETag("*")
EARLIER, LATER = SECOND - timedelta(seconds=1), SECOND + timedelta(seconds=1)
WHOLE = Verdict(200, 0, 1000)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("bytes=0-0", Verdict(206, 0, 1)),
        ("bytes=0-999", Verdict(206, 0, 1000)),
        ("bytes=0-", Verdict(206, 0, 1000)),
        ("bytes=10-19", Verdict(206, 10, 20)),
        ("bytes=990-2000", Verdict(206, 990, 1000)),
        ("bytes=999-", Verdict(206, 999, 1000)),
        ("bytes=-1", Verdict(206, 999, 1000)),
        ("bytes=-1000", Verdict(206, 0, 1000)),
        ("bytes=-5000", Verdict(206, 0, 1000)),
        ("BYTES= 10-19 ", Verdict(206, 10, 20)),
        ("bytes=1000-", Verdict(416)),
        ("bytes=1000-1001", Verdict(416)),
        ("bytes=999999999999999999-", Verdict(416)),
        ("bytes=-0", Verdict(416)),
        ("bytes=5-4", WHOLE),
        ("bytes=-", WHOLE),
        ("bytes=", WHOLE),
        ("bytes", WHOLE),
        ("bytes=a-b", WHOLE),
        ("bytes=0-9,20-29", WHOLE),
        ("bytes=1" + "0" * 5000 + "-", WHOLE),
        ("bytes=+1-2", WHOLE),
        ("bytes=٣-٤", WHOLE),
        ("items=0-9", WHOLE),
    ],
)
def test_parts(text: str, verdict: Verdict) -> None:
    """One part is sent; of several, or of what is none, the whole is."""
    assert decide(Asked(part=text), FOUND) == verdict


@pytest.mark.parametrize("text", ["bytes=0-", "bytes=0-0", "bytes=-1"])
def test_nothing_has_no_parts(text: str) -> None:
    """Of an empty file."""
    empty = Found("tag", SECOND, 0)
    assert decide(Asked(part=text), empty) == Verdict(416)
    assert decide(Asked(), empty) == Verdict(200, 0, 0)


@pytest.mark.parametrize(
    ("conditions", "status"),
    [
        ({}, 200),
        ({"if_match": (OTHER, OWN)}, 200),
        ({"if_match": (ANY,)}, 200),
        ({"if_match": (OTHER,)}, 412),
        ({"if_match": (WEAK,)}, 412),
        ({"if_match": ()}, 412),
        ({"if_none_match": (OTHER,)}, 200),
        ({"if_none_match": (OTHER, OWN)}, 304),
        ({"if_none_match": (WEAK,)}, 304),
        ({"if_none_match": (ANY,)}, 304),
        ({"if_modified_since": EARLIER}, 200),
        ({"if_modified_since": SECOND}, 304),
        ({"if_modified_since": LATER}, 304),
        ({"if_unmodified_since": EARLIER}, 412),
        ({"if_unmodified_since": SECOND}, 200),
        ({"if_none_match": (OTHER,), "if_modified_since": LATER}, 200),
        ({"if_match": (OWN,), "if_unmodified_since": EARLIER}, 200),
        ({"if_match": (OTHER,), "if_none_match": (OWN,)}, 412),
        ({"if_none_match": (OWN,), "part": "bytes=5000-"}, 304),
    ],
)
def test_conditions(conditions: dict[str, Any], status: int) -> None:
    """ETags count before dates, and conditions before parts."""
    assert decide(Asked(**conditions), FOUND).status == status


@pytest.mark.parametrize(
    ("if_range", "status"),
    [('"tag"', 206), ('W/"tag"', 200), ('"other"', 200), (SECOND, 206), (EARLIER, 200),
     (LATER, 200), ("", 200), ("tag", 200)],
)  # fmt: skip
def test_a_part_of_what_one_has(if_range: Any, status: int) -> None:
    """If-Range: a part of the same file, or all of the new one."""
    assert decide(Asked(part="bytes=0-9", if_range=if_range), FOUND).status == status


def test_headers_are_read() -> None:
    """As they come in a request; a part is for those who get."""
    date = "Fri, 02 Jan 2026 03:04:05 GMT"
    headers = {
        hdrs.RANGE: "bytes=0-9",
        hdrs.IF_RANGE: date,
        hdrs.IF_MATCH: '"a", W/"b"',
        hdrs.IF_NONE_MATCH: "*",
        hdrs.IF_MODIFIED_SINCE: date,
        hdrs.IF_UNMODIFIED_SINCE: date,
    }
    asked = Asked.of(make_mocked_request("GET", "/", headers=headers))
    assert asked == Asked(
        if_match=(ETag("a"), ETag("b", is_weak=True)),
        if_none_match=(ANY,),
        if_modified_since=SECOND,
        if_unmodified_since=SECOND,
        if_range=SECOND,
        part="bytes=0-9",
    )
    assert Asked.of(make_mocked_request("HEAD", "/", headers=headers)).part is None
    assert Asked.of(make_mocked_request("GET", "/")) == Asked()
    tagged = Asked.of(make_mocked_request("GET", "/", headers={hdrs.IF_RANGE: '"a"'}))
    assert tagged.if_range == '"a"'
