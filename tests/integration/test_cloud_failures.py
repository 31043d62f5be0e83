"""Every way in which the cloud can fail, by its own client over TCP: what it is called, how often
was asked, what was billed. The token goes to the one host only, and nothing is left of it."""

import socket
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf
from typing import Any, Final

import pytest

from processing.cloud.faults import FallbackReason as Reason
from tests.certificates import tls_context
from tests.integration.cloud import SOON, CloudScene, cloud
from tests.pictures import gradient, jpeg, solid, truncated_jpeg
from tests.replicate.mischief import Hang, Mischief, Reply, Reset
from tests.replicate.outputs import Output
from tests.replicate.predictions import Course
from tests.replicate.service import TOKEN, throttled

__all__ = ["cloud"]

GIGABYTE: Final = 1024**3
SHORT_S: Final = 0.3
"""For calls that hang, and the others beside them that do not."""
HTML: Final = Output(b"<html>no picture</html>", "text/html")


@dataclass(frozen=True, slots=True)
class Case:
    """What goes wrong, and what is to come of it.

    ``is_counted``: it speaks against the service, as an output never does.
    ``is_open``: nobody can know whether it is billed, so that it counts as if it were.
    """

    name: str
    arrange: Callable[[CloudScene], object]
    reason: Reason
    creates: int = 1
    billed: int = 1
    is_counted: bool = True
    is_open: bool = False


def _order(operation: str, mischief: Mischief) -> Callable[[CloudScene], object]:
    return lambda cloud: cloud.service.orders.always(operation, mischief)


def _hang(mischief: Mischief) -> Callable[[CloudScene], object]:
    def arrange(cloud: CloudScene) -> None:
        cloud.call_s = SHORT_S
        cloud.service.orders.always("create", mischief)

    return arrange


def _course(course: Course, within_s: float = 5.0) -> Callable[[CloudScene], object]:
    def arrange(cloud: CloudScene) -> None:
        cloud.within_s = within_s
        cloud.service.course = course

    return arrange


def _get(mischief: Mischief) -> Callable[[CloudScene], object]:
    def arrange(cloud: CloudScene) -> None:
        cloud.call_s = SHORT_S if isinstance(mischief, Hang) else cloud.call_s
        cloud.service.course = Course(runs_s=inf)
        cloud.service.orders.always("get", mischief)

    return arrange


def _gives(output: Output) -> Callable[[CloudScene], object]:
    return lambda cloud: cloud.give(output)


def _output(mischief: Mischief) -> Callable[[CloudScene], object]:
    def arrange(cloud: CloudScene) -> None:
        cloud.call_s = SHORT_S if isinstance(mischief, Hang) else cloud.call_s
        cloud.host.orders.always("output", mischief)

    return arrange


def _busy_and_late(cloud: CloudScene) -> None:
    cloud.within_s = 0.1
    cloud.options["patience"] = replace(SOON, wait_s=5.0, longest_wait_s=5.0)
    cloud.service.orders.always("create", Reply(429))


def _refused(cloud: CloudScene) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        cloud.base_url = f"http://127.0.0.1:{taken.getsockname()[1]}"


def _unknown_host(cloud: CloudScene) -> None:
    cloud.base_url = "http://replicate.invalid"


def _elsewhere(cloud: CloudScene) -> None:
    address = cloud.host.put(Output(b"")).replace("127.0.0.1", "localhost")
    cloud.service.course = Course(output=address)


def _redirected(target: str) -> Callable[[CloudScene], object]:
    def arrange(cloud: CloudScene) -> None:
        cloud.service.course = Course(output=f"{cloud.host.url}/to?url={target}")

    return arrange


def _api_redirected(cloud: CloudScene) -> None:
    cloud.service.orders.always("create", Reply(307, headers={"Location": cloud.host.url}))


BUSY: Final = throttled(0)
DEEP: Final = b"[" * 100_000
STARTED: Final = {
    "model": "o/n", "version": "v", "status": "starting", "input": {}, "logs": "",
    "created_at": "2026-11-28T18:00:00Z", "urls": {},
}  # fmt: skip
OUTPUTS: Final[tuple[Any, ...]] = (
    None, [], "", {}, [None], "data:image/png;base64,?", "no address",
    "http://xn--a.127.0.0.1/", "http://127.0.0.1:99999/",
)  # fmt: skip
CASES: Final = [
    Case("connection refused", _refused, Reason.UNAVAILABLE, creates=0, billed=0),
    Case("no such host", _unknown_host, Reason.UNAVAILABLE, creates=0, billed=0),
    *(
        Case(str(status), _order("create", Reply(status, {"detail": "no"})), Reason.DENIED, 1, 0)
        for status in (401, 402, 403)
    ),
    Case("404", _order("create", Reply(404, {})), Reason.UNAVAILABLE, 1, 0, is_counted=False),
    Case("422", _order("create", Reply(422, {})), Reason.UNSUITED, 1, 0, is_counted=False),
    Case(
        "429 with Retry-After",
        _order("create", Reply(429, BUSY, {"Retry-After": "0"})),
        Reason.TOO_BUSY, 3, 0,
    ),
    Case("429 that tells in its body", _order("create", Reply(429, BUSY)), Reason.TOO_BUSY, 3, 0),
    Case("429 that tells nothing", _order("create", Reply(429)), Reason.TOO_BUSY, 3, 0),
    Case(
        "429 until it is too late",
        _order("create", Reply(429, throttled(60))),
        Reason.TOO_BUSY, 1, 0,
    ),
    Case("429 and no time to ask again", _busy_and_late, Reason.TIMED_OUT, 1, 0),
    Case("503", _order("create", Reply(503)), Reason.UNAVAILABLE, 3, 0),
    # From here on it is not known whether there is a prediction: it is not asked for again.
    *(
        Case(
            f"{status} though it was made",
            _order("create", Reply(status, b"<html>", acts=True)),
            Reason.UNAVAILABLE, is_open=True,
        )
        for status in (500, 502, 504)
    ),
    Case("500", _order("create", Reply(500)), Reason.UNAVAILABLE, 1, 0, is_open=True),
    Case(
        "hang before headers", _hang(Hang(acts=True)), Reason.TIMED_OUT, is_open=True
    ),
    Case(
        "hang in body",
        _hang(Hang(in_body=True, acts=True)),
        Reason.TIMED_OUT, is_open=True,
    ),
    Case(
        "connection reset", _order("create", Reset(acts=True)), Reason.UNAVAILABLE, is_open=True
    ),
    Case(
        "connection reset in body",
        _order("create", Reset(in_body=True, acts=True)),
        Reason.UNAVAILABLE, is_open=True,
    ),
    Case(
        "answer is HTML",
        _order("create", Reply(200, b"<html>", acts=True)),
        Reason.UNAVAILABLE, is_open=True,
    ),
    Case(
        "answer without end",
        _order("create", Reply(200, bytes(9 * 1024 * 1024), acts=True)),
        Reason.UNAVAILABLE, is_open=True,
    ),
    Case(
        "answer nests without end",
        _order("create", Reply(200, DEEP, acts=True)),
        Reason.UNAVAILABLE, is_open=True,
    ),
    Case(
        "answer with an id that is none",
        _order("create", Reply(200, {**STARTED, "id": "p\n1"}, acts=True)),
        Reason.UNAVAILABLE, is_open=True,
    ),
    Case("answer is a redirect", _api_redirected, Reason.UNAVAILABLE, 1, 0, is_counted=False),
    # From here on there is a prediction: it is cancelled where it goes on.
    Case(
        "starting for ever",
        _course(Course(starts_after_s=inf), 0.5),
        Reason.TIMED_OUT, billed=0,
    ),
    Case("running for ever", _course(Course(runs_s=inf), 0.5), Reason.TIMED_OUT),
    Case("failed", _course(Course(status="failed")), Reason.FAILED),
    Case(
        "failed because of the photo",
        _course(Course(status="failed", error="No face found")),
        Reason.FAILED, is_counted=False,
    ),
    Case("aborted", _course(Course(status="aborted")), Reason.TIMED_OUT, billed=0),
    Case("cancelled", _course(Course(status="canceled")), Reason.FAILED),
    Case(
        "indecent",
        _course(Course(status="failed", error="flagged as sensitive (E005)")),
        Reason.REFUSED, is_counted=False,
    ),
    Case("get: 500", _get(Reply(500)), Reason.UNAVAILABLE),
    Case("get: 404", _get(Reply(404)), Reason.UNAVAILABLE, is_counted=False),
    Case("get: 429", _get(Reply(429, BUSY)), Reason.TOO_BUSY),
    Case("get: hang", _get(Hang()), Reason.TIMED_OUT),
    Case("get: hang in body", _get(Hang(in_body=True)), Reason.TIMED_OUT),
    Case("get: reset", _get(Reset()), Reason.UNAVAILABLE),
    Case("get: no prediction", _get(Reply(200, {"id": "?"})), Reason.UNAVAILABLE),
    Case("get: nests without end", _get(Reply(200, DEEP)), Reason.UNAVAILABLE),
    # From here on there is an output: it is paid, whatever it is.
    *(
        Case(f"output {output!r}", _course(Course(output=output)), Reason.BAD_OUTPUT)
        for output in OUTPUTS
    ),
    Case("output is HTML", _gives(HTML), Reason.BAD_OUTPUT),
    Case(
        "output is HTML that says it is a picture",
        _gives(Output(HTML.data, "image/png")),
        Reason.BAD_OUTPUT,
    ),
    Case(
        "output of 4 GB",
        _gives(Output(jpeg(), claims_bytes=4 * GIGABYTE)),
        Reason.BAD_OUTPUT,
    ),
    Case(
        "output of 4 GB that says nothing",
        _gives(Output(jpeg(), claims_bytes=4 * GIGABYTE, says_length=False)),
        Reason.BAD_OUTPUT,
    ),
    Case("output of another shape", _gives(Output(jpeg(gradient(640, 240)))), Reason.BAD_OUTPUT),
    Case("output is tiny", _gives(Output(jpeg(gradient(32, 24)))), Reason.BAD_OUTPUT),
    Case("output is corrupt", _gives(Output(truncated_jpeg())), Reason.BAD_OUTPUT),
    Case("output is empty", _gives(Output(b"")), Reason.BAD_OUTPUT),
    Case(
        "output is black",
        _gives(Output(jpeg(solid(0, 0, 0, 640, 480)))),
        Reason.REFUSED, is_counted=False,
    ),
    Case("output elsewhere", _elsewhere, Reason.BAD_OUTPUT),
    Case(
        "output redirected elsewhere",
        _redirected("http://localhost:1/"),
        Reason.BAD_OUTPUT,
    ),
    Case("output redirected nowhere", _output(Reply(302, headers={"Location": "http://["})),
         Reason.BAD_OUTPUT),
    Case("output redirected to a file", _redirected("file:///etc/passwd"), Reason.BAD_OUTPUT),
    Case(
        "output redirected for ever",
        _output(Reply(302, headers={"Location": "out.jpg"})),
        Reason.BAD_OUTPUT,
    ),
    Case("output is gone", _output(Reply(404)), Reason.BAD_OUTPUT),
    Case("output: 500", _output(Reply(500)), Reason.UNAVAILABLE),
    Case("output: hang", _output(Hang()), Reason.TIMED_OUT),
    Case("output: hang in body", _output(Hang(in_body=True)), Reason.BAD_OUTPUT),
    Case("output: reset", _output(Reset()), Reason.UNAVAILABLE),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_failure(
    cloud: CloudScene,
    case: Case,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It has a name; nothing is paid twice, and nothing that is paid is forgotten."""
    caplog.set_level("DEBUG")
    case.arrange(cloud)
    fault = await cloud.fail()
    service = cloud.service
    is_counted = case.is_counted and case.reason is not Reason.BAD_OUTPUT
    assert (fault.reason, fault.is_counted) == (case.reason, is_counted)
    assert service.count("create") == case.creates
    assert len(service.billed) == case.billed
    assert fault.may_be_billed == (case.is_open or case.billed > 0)
    assert case.is_open or not {"starting", "processing"}.intersection(service.statuses())
    assert cloud.host.tokens == []
    said = caplog.text + "".join(capsys.readouterr()) + repr(fault)
    assert TOKEN not in said


async def test_untrusted_certificate(cloud: CloudScene) -> None:
    """Nothing is said to whom nobody vouches for, and it is not tried again."""
    await cloud.service.stop()
    await cloud.service.start(tls_context())
    cloud.tls = True
    fault = await cloud.fail()
    assert (fault.reason, fault.can_retry) == (Reason.UNAVAILABLE, False)
    assert cloud.service.requests == []
    assert not fault.may_be_billed


async def test_large_output_is_cut_off(cloud: CloudScene) -> None:
    """Of four gigabytes no more are fetched than a picture may have."""
    cloud.give(Output(jpeg(), claims_bytes=4 * GIGABYTE, says_length=False))
    await cloud.fail()
    assert cloud.host.sent_bytes < GIGABYTE / 8


async def test_cases_are_many() -> None:
    """A table that shrinks is noticed."""
    assert len(CASES) > 50
