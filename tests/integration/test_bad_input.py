"""Bad input: each fault has a stable code, the session lives on, and nobody else notices."""

import asyncio
import json
import struct
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil
import pytest
from aiohttp import ClientSession, WSMsgType

from server.errors import CloseCode
from server.websocket import REASONS
from tests.fakes import ManualClock
from tests.integration.client import (
    Caller,
    LiveClient,
    Message,
    picture_of,
    text_of,
    wire_frame,
)
from tests.integration.process import ServerProcess
from tests.integration.service import Service, StartService
from tests.pictures import huge_jpeg_header, huge_png_header, jpeg, truncated_jpeg

OVERSIZED = 30_000_000
GROWTH_MAX_BYTES = 24 * 1024 * 1024
"""Less than the refused thing itself would take."""


def message(kind: Any, data: Any = None) -> str:
    """A message as JSON, whatever its parts are."""
    return json.dumps({"type": kind, "data": data})


def frame(frame_data: Any, frame_id: Any = "f1") -> str:
    """A frame message, whatever its parts are."""
    return message("process_frame", {"frame_id": frame_id, "frame_data": frame_data})


def look(**values: Any) -> str:
    """A set_look message."""
    return message("set_look", {"look": values})


NOT_JSON: list[str | bytes] = [
    "", "hello", "{", b"\xff\xfe\x00", '"\\ud800"', "[" * 1000, "{}{}",
    look(intensity=float("nan")), look(intensity=float("inf")),
    '{"type":"set_look","data":{"look":{"intensity":1e999}}}',
]  # fmt: skip
WRONG_SHAPE = [
    "[]", "1", "null", '"process_frame"', "{}", message(None), message(7), message(["clear_look"]),
    message("process_frame"), message("process_frame", []), message("process_frame", "f1"),
    message("set_look"), message("set_look", 3), message("set_style_image", {}),
    message("set_style_image", {"image_data": 5}), message("set_color_image", {"image_data": None}),
    message("set_color_image", "picture"),
]  # fmt: skip
UNKNOWN_TYPES = [message("no_such"), message(""), message("x" * 1_000_000), message("Clear_Look")]
WRONG_FRAME_IDS = [
    message("process_frame", {"frame_data": "AAAA"}), *(
        frame("AAAA", frame_id) for frame_id in ("", None, 7, ["f1"], True, "x" * 129)
    ),
]  # fmt: skip
WRONG_LOOKS = [
    message("set_look", {}), message("set_look", {"look": None}), message("set_look", {"look": []}),
    look(color="no-such-shade"), look(color="#12345"), look(color="#gggggg"),
    look(color="#12345678"), look(color=[300, 0, 0]), look(color=""), look(color="x" * 65),
    look(engine="no-such-engine"),
    look(engine=7), look(engine="x" * 33), look(intensity=2), look(intensity=-0.1),
    look(intensity="1"), look(intensity=True), look(intensity=None), look(colour="copper"),
]  # fmt: skip
FAULTS: dict[str, Sequence[str | bytes]] = {
    "INVALID_JSON": NOT_JSON,
    "INVALID_MESSAGE": WRONG_SHAPE,
    "UNKNOWN_TYPE": UNKNOWN_TYPES,
    "INVALID_FRAME_ID": WRONG_FRAME_IDS,
    "INVALID_LOOK": WRONG_LOOKS,
}
CASES = [(code, text) for code, texts in FAULTS.items() for text in texts]


@pytest.fixture
async def neighbour(service: Service) -> LiveClient:
    """Another session, which is to notice nothing."""
    return await service.caller.join("neighbour", "u2")


async def assert_works(client: LiveClient) -> None:
    """The session still processes frames."""
    assert picture_of(await client.process("after", jpeg())) == jpeg()


async def test_faulty_text_messages(service: Service, neighbour: LiveClient) -> None:
    """Each fault of shape is answered with its code and little text, and the session lives."""
    for number, (code, text) in enumerate(CASES):
        client = await service.caller.join(f"faulty-{number}")
        await client.send_text(text)
        answer = await client.receive()
        assert (answer["type"], answer["error"]) == ("error", code), text[:80]
        assert 0 < len(answer["message"]) < 300
        assert "frame_id" not in answer
        await assert_works(client)
        await client.close()
    await assert_works(neighbour)
    assert neighbour.figures == [] or neighbour.figures[-1]["failed"] == 0


FAULTY_PICTURES: dict[str, tuple[str, str]] = {
    "broken base64": ("not/base64!", "INVALID_BASE64"),
    "base64 without its padding": ("AAAAA", "INVALID_BASE64"),
    "base64 that is not ASCII": ("ÄÖÜ=", "INVALID_BASE64"),
    "URL without base64": ("data:image/jpeg,abc", "INVALID_BASE64"),
    "URL without a comma": ("data:image/jpeg;base64", "INVALID_BASE64"),
    "nothing": ("", "EMPTY_IMAGE"),
    "URL of nothing": ("data:image/jpeg;base64,", "EMPTY_IMAGE"),
    "text": (text_of(b"this is no picture"), "INVALID_IMAGE"),
    "GIF": (text_of(b"GIF89a" + bytes(40)), "INVALID_IMAGE"),
    "start of a JPEG": (text_of(b"\xff\xd8\xff\xe0"), "INVALID_IMAGE"),
    "truncated JPEG": (text_of(truncated_jpeg()), "INVALID_IMAGE"),
    "huge PNG": (text_of(huge_png_header()), "IMAGE_TOO_LARGE"),
    "huge JPEG": (text_of(huge_jpeg_header()), "IMAGE_TOO_LARGE"),
}


@pytest.mark.parametrize("wears_look", [False, True])
async def test_faulty_frames(service: Service, neighbour: LiveClient, *, wears_look: bool) -> None:
    """A frame that is no picture gets its code and its frame_id, with a look and without."""
    client = await service.caller.join()
    if wears_look:
        await client.ask("set_look", look={"color": "copper"})
    for name, (payload, code) in FAULTY_PICTURES.items():
        await client.send_text(frame(payload, name))
        answer = await client.receive()
        assert (answer["error"], answer["frame_id"]) == (code, name)
        assert len(answer["message"]) < 200
    assert (await client.process("after", jpeg()))["type"] == "processed_frame"
    figures = await client.receive_figures()
    assert (figures["failed"], figures["delivered"]) == (len(FAULTY_PICTURES), 1)
    await assert_works(neighbour)


@pytest.mark.parametrize("kind", ["set_style_image", "set_color_image"])
async def test_faulty_photos(start_service: StartService, kind: str) -> None:
    """A photo that is no picture gets its code, and the look stays as it was."""
    clock = ManualClock()
    service = await start_service(clock=clock)
    client = await service.caller.join()
    before = (await client.ask("set_look", look={"color": "copper"}))["look"]
    for payload, code in FAULTY_PICTURES.values():
        answer = await client.ask(kind, image_data=payload)
        assert (answer["type"], answer["error"]) == ("error", code)
        assert "frame_id" not in answer
        clock.now_s += 1.0  # below the limit of messages that are no frames
    after = await client.ask("set_look", look={"color": "copper"})
    assert after["look"] == before


async def test_frame_data_of_another_type_names_the_frame(service: Service) -> None:
    """When only the picture is of the wrong type the error can still say which frame it was."""
    client = await service.caller.join()
    for number, payload in enumerate((None, 5, ["AAAA"], {"jpeg": "AAAA"})):
        await client.send_text(frame(payload, str(number)))
        answer = await client.receive()
        assert (answer["error"], answer["frame_id"]) == ("INVALID_MESSAGE", str(number))
    await assert_works(client)


async def test_endless_frame_id_is_not_echoed(service: Service) -> None:
    """Two megabytes of frame_id are answered with a few words."""
    client = await service.caller.join()
    await client.send_text(frame(text_of(jpeg()), "x" * 2_000_000))
    answer = await client.receive()
    assert answer["error"] == "INVALID_FRAME_ID"
    assert len(str(answer)) < 300
    await assert_works(client)


FAULTY_BINARY = {
    "empty": b"",
    "header too short": b"\x01\x01\x00\x00\x00\x00\x00",
    "wrong version": struct.pack("!BBHI", 2, 1, 0, 1) + jpeg(),
    "wrong kind": struct.pack("!BBHI", 1, 2, 0, 1) + jpeg(),
    "garbage": b"\xde\xad\xbe\xef" * 1000,
}


@pytest.mark.parametrize("name", FAULTY_BINARY)
async def test_faulty_binary(service: Service, neighbour: LiveClient, name: str) -> None:
    """Binary messages with an unusable header get INVALID_BINARY, and the session lives."""
    client = await service.caller.join(binary=True)
    await client.send_bytes(FAULTY_BINARY[name])
    answer = await client.receive()
    assert (answer["error"], answer.get("frame_id")) == ("INVALID_BINARY", None)
    await assert_works(client)
    await assert_works(neighbour)


@pytest.mark.parametrize(
    ("picture", "code"), [(b"", "EMPTY_IMAGE"), (huge_png_header(), "IMAGE_TOO_LARGE")]
)
async def test_faulty_binary_picture(service: Service, picture: bytes, code: str) -> None:
    """A good header before a bad picture makes it a bad frame, with its number."""
    client = await service.caller.join(binary=True)
    await client.send_bytes(struct.pack("!BBHI", 1, 1, 0, 42) + picture)
    answer = await client.receive()
    assert (answer["error"], answer["frame_id"]) == (code, "42")
    await assert_works(client)


async def test_binary_without_its_subprotocol(service: Service) -> None:
    """A client that did not offer the subprotocol is told that binary was not agreed on."""
    client = await service.caller.join()
    await client.send_bytes(struct.pack("!BBHI", 1, 1, 0, 1) + jpeg())
    assert (await client.receive())["error"] == "BINARY_NOT_NEGOTIATED"
    await assert_works(client)


async def test_flood_of_bad_messages(service: Service, neighbour: LiveClient) -> None:
    """Of 5,000 bad messages few are answered one by one; the session and others go on."""
    client = await service.caller.join()
    flood = asyncio.create_task(_send_all(client, ["bad"] * 5000))
    for _ in range(20):
        await assert_works(neighbour)
    await flood
    await client.send_frame("last", jpeg())
    codes: Counter[str] = Counter()
    while (answer := await client.receive())["type"] == "error":
        codes[answer["error"]] += 1
    assert picture_of(answer) == jpeg()
    assert codes.keys() == {"INVALID_JSON", "RATE_LIMITED"}
    assert codes["INVALID_JSON"] < 500
    assert codes["RATE_LIMITED"] < 20


async def _send_all(client: LiveClient, texts: list[str]) -> None:
    for text in texts:
        await client.send_text(text)


async def test_frames_above_the_limit_are_thinned(start_service: StartService) -> None:
    """Above the limit a minute's frames are thinned to it, each answered once, told once a second.

    A minute and a half pass on the clock, at six times the limit: 30 frames a second.
    """
    clock = ManualClock()
    service = await start_service(clock=clock, frames_per_minute=300, idle_timeout_s=1e6)
    client = await service.caller.join()
    answers: list[tuple[int, Message]] = []
    reminders: list[int] = []
    for number in range(2700):
        await client.send_frame(str(number), jpeg())
        answers.append((number, await client.receive()))
        if answers[-1][1].get("error") == "RATE_LIMITED":
            reminders.append(number)
            answers[-1] = (number, await client.receive())
        clock.now_s += 1 / 30
    await client.send_frame("last", jpeg())
    _assert_thinned(answers, limit=300, per_minute=1800)
    assert 80 <= len(reminders) <= 90
    assert all(later - earlier >= 30 for earlier, later in pairwise(reminders))


def _assert_thinned(answers: list[tuple[int, Message]], limit: int, per_minute: int) -> None:
    passed = [number for number, answer in answers if answer["type"] == "processed_frame"]
    dropped = [answer for _, answer in answers if answer["type"] == "frame_dropped"]
    assert len(passed) + len(dropped) == len(answers)
    assert {drop["reason"] for drop in dropped} == {"rate_limited"}
    for start in range(0, len(answers) - per_minute, 50):
        in_a_minute = [number for number in passed if start <= number < start + per_minute]
        assert 0.9 * limit <= len(in_a_minute) <= limit


async def test_oversized_message_closes_with_a_reason(
    service: Service, neighbour: LiveClient
) -> None:
    """A message of 30 MB ends its own connection, with 1009, and nobody else's."""
    client = await service.caller.connect_raw()
    await client.read_until(b"connection_established")
    sending = asyncio.create_task(client.send_raw(wire_frame(WSMsgType.TEXT, b"x" * OVERSIZED)))
    said = await client.read_to_end()
    with suppress(ConnectionError):  # the server has hung up before all was sent
        await sending
    reason = REASONS[CloseCode.MESSAGE_TOO_BIG]
    closing = struct.pack("!BBH", 0x88, 2 + len(reason), CloseCode.MESSAGE_TOO_BIG) + reason
    assert said.endswith(closing)
    await assert_works(neighbour)
    await assert_works(await service.caller.join("s1"))


async def test_client_that_is_still_sending_reads_why(service: Service) -> None:
    """An ordinary client that is cut off in the middle of 30 MB finds the code and the reason."""
    client = await service.caller.join()
    await client.send_text("x" * OVERSIZED)
    closing = await client.until_closed()
    assert (closing.code, closing.reason) == (
        CloseCode.MESSAGE_TOO_BIG,
        REASONS[CloseCode.MESSAGE_TOO_BIG].decode(),
    )


@pytest.mark.parametrize("session_id", ["a b", "a.b", "ä", "x" * 65, "a%2Fb"])
async def test_wrong_session_id(service: Service, neighbour: LiveClient, session_id: str) -> None:
    """A session id that is none is refused with a code, and closed with 4400 and a reason."""
    client = await service.caller.connect(session_id)
    closing = await client.until_closed()
    assert [answer["error"] for answer in closing.messages] == ["INVALID_SESSION_ID"]
    assert (closing.code, bool(closing.reason)) == (CloseCode.INVALID_ID, True)
    assert len(service.live) == 1
    await assert_works(neighbour)


@pytest.mark.parametrize("user_id", ["", "a b", "a/b", "ä", "x" * 129, "<script>"])
async def test_wrong_user_id(service: Service, user_id: str) -> None:
    """A user id that is none is refused with a code, and closed with 4400 and a reason."""
    closing = await (await service.caller.connect("s1", user_id)).until_closed()
    assert [answer["error"] for answer in closing.messages] == ["INVALID_USER_ID"]
    assert (closing.code, bool(closing.reason)) == (CloseCode.INVALID_ID, True)


async def test_huge_input_costs_no_memory(live_server: ServerProcess) -> None:
    """Pictures of 400 megapixels and messages of 30 MB are refused at once and allocate nothing."""
    async with ClientSession() as http:
        caller = Caller(http, live_server.url)
        client = await caller.join()
        await client.ask("set_look", look={"color": "copper"})
        await client.process("warm", jpeg())
        before = _reset_peak_bytes(live_server.pid)
        started_s = asyncio.get_running_loop().time()
        for header in (huge_png_header(), huge_jpeg_header()):
            assert (await client.process("huge", header))["error"] == "IMAGE_TOO_LARGE"
            answer = await client.ask("set_style_image", image_data=text_of(header))
            assert answer["error"] == "IMAGE_TOO_LARGE"
        assert asyncio.get_running_loop().time() - started_s < 2.0
        for number in range(4):
            await _send_oversized(await caller.join(f"oversized-{number}"))
        assert _peak_bytes(live_server.pid) - before < GROWTH_MAX_BYTES
        assert (await client.process("after", jpeg()))["type"] == "processed_frame"
        await caller.close()


async def _send_oversized(client: LiveClient) -> None:
    with suppress(ConnectionError):  # the server has hung up before all was sent
        await client.send_text(b"x" * OVERSIZED)
    await client.until_closed()


def _reset_peak_bytes(pid: int) -> int:
    """What a process has now; it counts as its peak from here on, where the system can do that."""
    control = Path(f"/proc/{pid}/clear_refs")
    if control.exists():
        control.write_text("5")
    return _peak_bytes(pid)


def _peak_bytes(pid: int) -> int:
    """The most memory that a process has had; where the system does not tell, what it has now."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return int(psutil.Process(pid).memory_info().rss)
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024
