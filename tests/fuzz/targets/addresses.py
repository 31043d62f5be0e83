"""What stands in addresses and headers."""

from datetime import UTC, datetime
from typing import Any, Final

from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from hypothesis import strategies as st

from server.cursors import cursor_text
from server.dates import check_dates
from server.form_fields import checked
from server.jobs.outside import AddressRefused, checked_url
from server.queries import PageQuery
from server.ranges import Asked, Found, decide
from server.replies import RequestRefused
from storage.results import Cursor
from tests.fuzz.target import Target, changed_text

MOMENT: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
FOUND: Final = Found("abc", MOMENT, 1000)
CURSOR: Final = cursor_text(Cursor(MOMENT, "0123456789abcdef"))
CONDITIONS: Final = {
    "Range": changed_text("bytes=0-99", "bytes=-5", "bytes=5-", "bytes=0-1,4-5"),
    "If-Range": changed_text('"abc"', "Fri, 02 Jan 2026 03:04:05 GMT"),
    "If-Match": changed_text('"abc", W/"def"', "*"),
    "If-None-Match": changed_text('W/"abc"', '"x","abc"'),
    "If-Modified-Since": changed_text("Fri, 02 Jan 2026 03:04:05 GMT"),
    "If-Unmodified-Since": changed_text("Friday, 02-Jan-26 03:04:05 GMT", "Fri Jan  2 03:04 2026"),
}
URLS: Final = (
    "https://hooks.example.org:8443/done?x=1#y", "https://[2001:db8::1]/", "https://192.0.2.1/a",
    "https://user:pass@example.org/", "https://xn--bcher-kva.example/", "http://trusted.local/",
)  # fmt: skip
URL_WORDS: Final = (
    "://", "@", ":", "[", "]", "%", "%2f", "?", "#", "//", "\\", "localhost", "127.0.0.1", "::1",
    "0x7f.1", "2130706433", "169.254.169.254", "64:ff9b::7f00:1", "::ffff:10.0.0.1", "bücher",
    "\u3002", "\uff0e", "file", "https:", "trusted.local", "xn--", ".",
)  # fmt: skip


def _decide(headers: dict[str, str]) -> None:
    """A part lies within the file."""
    request = make_mocked_request("GET", "/", headers=headers)
    check_dates(request)
    verdict = decide(Asked.of(request), FOUND)
    assert 0 <= verdict.start <= verdict.stop <= FOUND.size_bytes


def _page(values: Any) -> None:
    assert checked(PageQuery, values).limit <= 100


def _call(text: str) -> None:
    url = checked_url(text, frozenset({"trusted.local"}))
    assert url.scheme in ("http", "https")
    assert url.raw_host
    web.HTTPFound(str(url))


TARGETS: Final = (
    Target(
        "conditions",
        st.fixed_dictionaries({}, optional=CONDITIONS),
        _decide,
        (RequestRefused,),
    ),
    Target(
        "pages",
        st.fixed_dictionaries({}, optional={
            "limit": changed_text("10"), "offset": changed_text("0"),
            "cursor": changed_text(CURSOR, words=("-", "_", "=", "AAAA")) | st.text(max_size=20),
        }),
        _page,
        (RequestRefused,),
    ),
    Target("webhook_urls", changed_text(*URLS, words=URL_WORDS), _call, (AddressRefused,)),
)  # fmt: skip
