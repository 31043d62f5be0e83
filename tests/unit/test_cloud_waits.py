"""How long to wait before asking again, and how often."""

import asyncio
from itertools import islice

import pytest
import structlog

from processing.cloud.border import retry_after_s
from processing.cloud.faults import CloudFault, FallbackReason
from processing.cloud.patience import Patience

NOW = "Sat, 28 Nov 2026 18:00:00 GMT"
SOON = Patience(wait_s=0.0, longest_wait_s=0.0, jitter_s=0.0)


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"retry-after": "7"}, b"", 7.0),
        ({"retry-after": " 7 "}, b'{"retry_after": 9}', 7.0),
        ({"retry-after": "Sat, 28 Nov 2026 18:00:30 GMT", "date": NOW}, b"", 30.0),
        ({"retry-after": "Sat, 28 Nov 2026 17:00:00 GMT", "date": NOW}, b"", 0.0),
        ({"retry-after": "Sat, 28 Nov 2026 18:00:30 GMT"}, b"", None),
        ({"retry-after": "-7"}, b"", None),
        ({"retry-after": "\u00b2"}, b"", None),
        ({"retry-after": NOW, "date": f"{NOW[:-3]}+{'9' * 19}"}, b"", None),
        ({"retry-after": "soon", "date": NOW}, b'{"retry_after": 9}', 9.0),
        ({}, b'{"retry_after": -1}', 0.0),
        ({}, b'{"detail": "Request was throttled. Expected available in 1 second."}', 1.0),
        ({}, b'{"detail": "Your rate limit resets in ~5s."}', 5.0),
        ({}, b'{"detail": "No."}', None),
        ({}, b"[]", None),
        ({}, b"<html>", None),
        ({}, b"", None),
    ],
)
def test_retry_after(headers: dict[str, str], body: bytes, seconds: float | None) -> None:
    """By the header in either form, by the service's own clock; else by what the body says."""
    assert retry_after_s(headers, body) == seconds


def test_looks() -> None:
    """The pauses grow up to the longest."""
    looks = islice(Patience(look_s=1.0, longest_look_s=3.0).looks(), 5)
    assert list(looks) == [1.0, 1.5, 2.25, 3.0, 3.0]


class Failing:
    """A call that fails so often."""

    def __init__(self, *faults: Exception) -> None:
        self.calls = 0
        self._faults = list(faults)

    async def __call__(self) -> str:
        self.calls += 1
        if self._faults:
            raise self._faults.pop(0)
        return "done"


def _busy(*, can_retry: bool = True, after_s: float | None = None) -> CloudFault:
    return CloudFault(FallbackReason.TOO_BUSY, "busy", can_retry=can_retry, retry_after_s=after_s)


async def test_what_is_safe_is_tried_again() -> None:
    """Three times in all."""
    call = Failing(_busy(), _busy(after_s=0.0))
    assert await SOON.insist(call, asyncio.get_running_loop().time() + 1.0) == "done"
    call = Failing(*(_busy() for _ in range(9)))
    with pytest.raises(CloudFault):
        await SOON.insist(call, asyncio.get_running_loop().time() + 1.0)
    assert call.calls == 3


async def test_waits_are_not_logged() -> None:
    """How an edit ended is a line; that it was asked for again is none."""
    with structlog.testing.capture_logs() as lines:
        until_s = asyncio.get_running_loop().time() + 1.0
        await SOON.insist(Failing(_busy(), _busy()), until_s)
    assert lines == []


@pytest.mark.parametrize(
    "fault", [_busy(can_retry=False), _busy(after_s=60.0), ValueError()], ids=repr
)
async def test_what_is_not_tried_again(fault: Exception) -> None:
    """What is not safe, what would be too late, and what is a mistake of ours."""
    call = Failing(fault)
    with pytest.raises(type(fault)):
        await SOON.insist(call, asyncio.get_running_loop().time() + 30.0)
    assert call.calls == 1
