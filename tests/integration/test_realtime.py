"""The live protocol to the letter: every message of a client and its answer."""

import asyncio
import re
import struct
import threading

import numpy as np
import pytest

from media.codec import decode_frame
from media.frame import DropCause, Picture
from server.binary import SUBPROTOCOL
from tests.engines import SECRET, gated, identity, invert, raising, sleeping
from tests.integration.client import LiveClient, Message, picture_of, realtime_path, text_of
from tests.integration.service import Service, StartService, eventually
from tests.pictures import encoded, gradient, jpeg, pillow, portrait

COPPER = {"engine": None, "color": "copper", "intensity": 0.8}
COPPER_LOOK = {
    "engine": "invert",
    "color": "#a64b23",
    "shade": "copper",
    "intensity": 0.8,
    "shine": 0.0,
    "ombre": None,
    "highlights": None,
    "style_image": False,
    "color_image": False,
}
FORMATS = {
    "jpeg": jpeg(),
    "png": encoded(pillow(gradient()), "PNG"),
    "webp": encoded(pillow(gradient()), "WEBP"),
}


def assert_is_moment(timestamp: str) -> None:
    """RFC 3339 in UTC with milliseconds."""
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", timestamp)


def assert_is_negative(result: bytes, original: Picture) -> None:
    """The JPEG shows the negative of the original, as far as JPEG keeps it."""
    changed = decode_frame(result, 10**6).astype(int)
    assert changed.shape == original.shape
    assert np.abs(changed - (255 - original.astype(int))).mean() < 12.0


def without_timestamp(answer: Message) -> Message:
    """The rest of an answer whose timestamp is well-formed."""
    assert_is_moment(answer.pop("timestamp"))
    return answer


def binary_frame(number: int, picture: bytes, *, version: int = 1, kind: int = 1) -> bytes:
    """A frame as the binary subprotocol has it."""
    return struct.pack("!BBHI", version, kind, 0, number) + picture


async def test_greeting(start_service: StartService) -> None:
    """A connection begins with its session, the time, the look (none yet) and the limits."""
    service = await start_service(
        max_message_bytes=2048,
        max_picture_px=77,
        max_frame_px=33,
        frames_per_minute=99,
        target_latency_ms=150.0,
    )
    client = await service.caller.connect("3f2a-session_1", "someone@example.com+x:y.z")
    assert without_timestamp(await client.receive()) == {
        "type": "connection_established",
        "session_id": "3f2a-session_1",
        "look": None,
        "applied": [],
        "note": None,
        "limits": {
            "max_message_bytes": 2048,
            "max_picture_px": 77,
            "max_frame_px": 33,
            "frames_per_minute": 99,
            "controls_per_minute": 1200,
            "target_latency_ms": 150.0,
        },
    }


async def test_set_look_answers_with_the_look_in_full(service: Service) -> None:
    """The answer to set_look has the engine chosen, the colour, its shade and what is applied."""
    client = await service.caller.join()
    answer = await client.ask("set_look", look=COPPER)
    assert without_timestamp(answer) == {
        "type": "look_set",
        "status": "ok",
        "look": COPPER_LOOK,
        "applied": ["color"],
        "note": None,
    }


@pytest.mark.parametrize(
    ("look", "expected"),
    [
        ({"color": "#0a1b2C"}, {"color": "#0a1b2c", "shade": None, "intensity": 1.0}),
        ({"color": "Golden Blonde", "intensity": 0}, {"shade": "golden-blonde", "intensity": 0.0}),
        ({"engine": "identity", "color": "copper"}, {"engine": "identity", "shade": "copper"}),
        ({}, {"engine": "invert", "color": None, "shade": None, "intensity": 1.0}),
    ],
)
async def test_set_look_takes_values_in_every_form(
    start_service: StartService, look: Message, expected: Message
) -> None:
    """A colour is hex digits or a shade's name in any case; what is left out gets its default."""
    service = await start_service(invert(), identity())
    client = await service.caller.join()
    answer = await client.ask("set_look", look=look)
    assert {name: answer["look"][name] for name in expected} == expected


async def test_photos_and_values_make_one_look(service: Service) -> None:
    """Style and colour photos are answered in kind; photo and colour displace each other."""
    client = await service.caller.join()
    photo = text_of(jpeg(portrait()))
    style = without_timestamp(await client.ask("set_style_image", image_data=photo))
    assert (style["type"], style["status"], style["applied"]) == ("style_set", "ok", ["style"])
    assert style["look"] == COPPER_LOOK | {
        "color": None, "shade": None, "intensity": 1.0, "style_image": True
    }  # fmt: skip
    colored = without_timestamp(await client.ask("set_look", look=COPPER))
    assert colored["look"] == COPPER_LOOK | {"style_image": True}
    assert colored["applied"] == ["style", "color"]
    photographed = without_timestamp(await client.ask("set_color_image", image_data=photo))
    assert photographed["type"] == "color_set"
    assert photographed["look"] == COPPER_LOOK | {
        "color": None, "shade": None, "style_image": True, "color_image": True
    }  # fmt: skip
    repainted = await client.ask("set_look", look=COPPER)
    assert repainted["look"] == COPPER_LOOK | {"style_image": True}


@pytest.mark.parametrize("text", ['{"type":"clear_look"}', '{"type":"clear_look","data":{}}'])
async def test_clear_look(service: Service, text: str) -> None:
    """After clear_look, with or without data, there is no look and frames come back as sent."""
    client = await service.caller.join()
    await client.ask("set_style_image", image_data=text_of(jpeg()))
    await client.send_text(text)
    answer = without_timestamp(await client.receive())
    assert answer == {"type": "look_set", "status": "ok", "look": None, "applied": [], "note": None}
    assert picture_of(await client.process("f1", jpeg())) == jpeg()


@pytest.mark.parametrize("name", FORMATS)
async def test_frame_without_a_look_comes_back_unchanged(service: Service, name: str) -> None:
    """With no look set the very bytes that came go back, in JSON and in binary."""
    client = await service.caller.join(binary=True)
    assert picture_of(await client.process("f1", FORMATS[name])) == FORMATS[name]
    await client.send_bytes(binary_frame(1, FORMATS[name]))
    answer = await client.receive_any()
    assert isinstance(answer, bytes)
    assert answer[8:] == FORMATS[name]


async def test_intensity_zero_leaves_frames_unchanged(service: Service) -> None:
    """A look that is set but has no strength changes not a byte."""
    client = await service.caller.join()
    answer = await client.ask("set_look", look={"color": "copper", "intensity": 0.0})
    assert answer["applied"] == []
    assert picture_of(await client.process("f1", jpeg())) == jpeg()


@pytest.mark.parametrize("name", FORMATS)
async def test_frame_is_processed(service: Service, name: str) -> None:
    """A frame of any format comes back as a changed JPEG, with its id and its processing time."""
    client = await service.caller.join()
    await client.ask("set_look", look=COPPER)
    answer = await client.process("frame_001", FORMATS[name])
    assert answer.keys() == {"type", "data"}
    assert answer["type"] == "processed_frame"
    assert answer["data"].keys() == {"frame_id", "processed_frame_data", "processing_time_ms"}
    assert answer["data"]["frame_id"] == "frame_001"
    assert 0.0 < answer["data"]["processing_time_ms"] < 20_000.0
    assert_is_negative(picture_of(answer), gradient())


async def test_data_urls_are_accepted(service: Service) -> None:
    """Frames and photos may come as data: URLs; the answer is bare base64 all the same."""
    client = await service.caller.join()
    url = "data:image/png;base64," + text_of(FORMATS["png"])
    await client.send("process_frame", frame_id="f1", frame_data=url)
    assert picture_of(await client.receive()) == FORMATS["png"]
    assert (await client.ask("set_style_image", image_data=url))["type"] == "style_set"
    assert (await client.ask("set_color_image", image_data=url))["type"] == "color_set"


async def test_binary_round_trip(service: Service) -> None:
    """A binary frame comes back in binary with its number, even the highest, and its time."""
    client = await service.caller.join(binary=True)
    assert client.subprotocol == SUBPROTOCOL
    await client.ask("set_look", look=COPPER)
    for number in (0, 7, 2**32 - 1):
        await client.send_bytes(binary_frame(number, jpeg()))
        answer = await client.receive_any()
        assert isinstance(answer, bytes)
        version, kind, elapsed_ms, returned = struct.unpack("!BBHI", answer[:8])
        assert (version, kind, returned) == (1, 2, number)
        assert elapsed_ms < 20_000
        assert_is_negative(answer[8:], gradient())


async def test_json_and_binary_in_one_connection(service: Service) -> None:
    """Every frame is answered in the form in which it came, in the order in which they came."""
    client = await service.caller.join(binary=True)
    await client.send_bytes(binary_frame(1, jpeg()))
    await client.send_frame("2", jpeg())
    await client.send_bytes(binary_frame(3, jpeg()))
    answers = [await client.receive_any() for _ in range(3)]
    assert [type(answer) for answer in answers] == [bytes, dict, bytes]
    assert isinstance(answers[1], dict)
    assert answers[1]["data"]["frame_id"] == "2"


async def test_faults_of_binary_frames_are_told_in_json(service: Service) -> None:
    """An error about a binary frame has its number, in decimal, as frame_id."""
    client = await service.caller.join(binary=True)
    await client.send_bytes(binary_frame(4_000_000_000, b"no picture"))
    answer = await client.receive()
    assert (answer["error"], answer["frame_id"]) == ("INVALID_IMAGE", "4000000000")


async def test_unknown_subprotocol_is_passed_over(service: Service) -> None:
    """A client that offers only what the server does not know is served in JSON."""
    path = service.caller.url + realtime_path("s1", "u1")
    async with service.caller.http.ws_connect(path, protocols=("other.v1",)) as connection:
        assert connection.protocol is None
        client = LiveClient(connection)
        assert (await client.receive())["type"] == "connection_established"


async def test_figures_balance_once_a_second(start_service: StartService) -> None:
    """Figures come once a second, have every field, and account for every frame received."""
    service = await start_service(sleeping(0.02), mailbox_frames=3)
    client = await service.caller.join()
    await client.ask("set_look", look={"color": "copper"})
    for number in range(12):
        await client.send_frame(f"f{number}", jpeg())
    await client.send_frame("broken", b"no picture")
    started_s = asyncio.get_running_loop().time()
    answers = [await client.receive() for _ in range(13)]
    first = await client.receive_figures()
    await client.send_frame("broken too", b"no picture")
    await client.receive()
    second = await client.receive_figures()
    assert 1.0 < asyncio.get_running_loop().time() - started_s < 4.0
    kinds = [answer["type"] for answer in answers]
    assert first["received"] == 13
    assert second == first | {"fps": second["fps"], "received": 14, "failed": 2}
    assert second["delivered"] == kinds.count("processed_frame") >= 1
    assert sum(second["dropped"].values()) == kinds.count("frame_dropped")
    assert (first["failed"], first["in_flight"]) == (kinds.count("error"), 0)
    assert set(second["dropped"]) == set(DropCause)
    assert second["transport"] == "websocket"
    assert second["latency_ms"]["p95"] >= second["latency_ms"]["p50"] > 0.0


async def test_figures_balance_under_load(start_service: StartService) -> None:
    """While frames are under way the counters add up in every report."""
    service = await start_service(sleeping(0.05), mailbox_frames=4)
    client = await service.caller.join()
    await client.ask("set_look", look={"color": "copper"})
    sending = asyncio.create_task(_send_frames(client, 120, interval_s=0.018))
    answers = [await client.receive() for _ in range(120)]
    await sending
    assert len(client.figures) >= 2
    for figures in client.figures:
        parts = (figures["delivered"], figures["failed"], figures["in_flight"])
        assert figures["received"] == sum(parts) + sum(figures["dropped"].values())
    assert sorted(frame_id_of(answer) for answer in answers) == sorted(map(str, range(120)))


async def _send_frames(client: LiveClient, count: int, interval_s: float) -> None:
    for number in range(count):
        await client.send_frame(str(number), jpeg())
        await asyncio.sleep(interval_s)


async def test_figures_balance_when_one_frame_displaces_many(
    start_service: StartService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large frame that takes several small ones' place leaves no moment of wrong counters."""
    gate = threading.Event()
    service = await start_service(gated(gate), max_message_bytes=40_000)
    client = await service.caller.join()
    await client.ask("set_look", look={"color": "copper"})
    (session,) = service.live._live.values()
    send, balances = session._peer.send, []

    async def watched(message: Message) -> None:
        balances.append(session.figures().balance)
        await send(message)

    monkeypatch.setattr(session._peer, "send", watched)
    await client.send_frame("held", jpeg())
    await eventually(lambda: service.services.pool.busy == 1)
    for frame_id in ("small-1", "small-2", "small-3"):
        await client.send("process_frame", frame_id=frame_id, frame_data="A" * 25_000)
    await client.send("process_frame", frame_id="large", frame_data="A" * 39_000)
    drops = [await client.receive() for _ in range(2)]
    gate.set()
    assert [drop["frame_id"] for drop in drops] == ["small-1", "small-2"]
    assert set(balances) == {0}


def frame_id_of(answer: Message) -> str:
    """The id of the frame that an answer is about."""
    frame_id = answer["frame_id"] if "frame_id" in answer else answer["data"]["frame_id"]
    return str(frame_id)


async def test_every_frame_is_answered_once(start_service: StartService) -> None:
    """Of a burst each frame is either processed, in order, or dropped with its id and a reason."""
    service = await start_service(sleeping(0.03), mailbox_frames=2, target_latency_ms=100.0)
    client = await service.caller.join()
    await client.ask("set_look", look={"color": "copper"})
    for number in range(10):
        await client.send_frame(f"{number:02}", jpeg())
    answers = [await client.receive() for _ in range(10)]
    assert sorted(map(frame_id_of, answers)) == [f"{number:02}" for number in range(10)]
    drops = [answer for answer in answers if answer["type"] == "frame_dropped"]
    assert drops
    for drop in drops:
        assert drop.keys() == {"type", "frame_id", "reason"}
        assert drop["reason"] in set(DropCause)
    processed = [frame_id_of(answer) for answer in answers if answer not in drops]
    assert processed == sorted(processed)
    assert processed[-1] == "09", "the newest is always the one kept"


async def test_results_come_in_the_order_of_their_frames(start_service: StartService) -> None:
    """A dropped frame is told of at once, but results never overtake each other."""
    gate = threading.Event()
    service = await start_service(gated(gate), mailbox_frames=2)
    client = await service.caller.join()
    await client.ask("set_look", look={"color": "copper"})
    await client.send_frame("0", jpeg())
    await eventually(lambda: service.services.pool.busy == 1)
    for number in range(1, 5):
        await client.send_frame(str(number), jpeg())
    asyncio.get_running_loop().call_later(0.1, gate.set)
    answers = [await client.receive() for _ in range(5)]
    assert sorted(frame_id_of(answer) for answer in answers) == ["0", "1", "2", "3", "4"]
    results = [frame_id_of(answer) for answer in answers if answer["type"] == "processed_frame"]
    assert results == ["0", "3", "4"]


async def test_sessions_do_not_mix(service: Service) -> None:
    """Two sessions at once get their own frames with their own looks."""
    plain, inverted = await asyncio.gather(*map(service.caller.join, ("plain", "inverted")))
    await inverted.ask("set_look", look=COPPER)
    pictures = [jpeg(gradient(64 + 8 * number)) for number in range(8)]

    async def processed(client: LiveClient) -> list[bytes]:
        return [picture_of(await client.process("f", picture)) for picture in pictures]

    unchanged, negatives = await asyncio.gather(processed(plain), processed(inverted))
    assert unchanged == pictures
    for number, negative in enumerate(negatives):
        assert_is_negative(negative, gradient(64 + 8 * number))


async def test_an_engine_that_raises(start_service: StartService) -> None:
    """A failing engine costs the frame, counted as failed, and tells a client nothing of why."""
    service = await start_service(raising(), identity())
    client = await service.caller.join()
    await client.ask("set_look", look={"color": "copper"})
    answer = await client.process("f1", jpeg())
    assert answer.pop("request_id")
    assert answer == {
        "type": "error",
        "error": "PROCESSING_FAILED",
        "message": "Failed to process frame",
        "frame_id": "f1",
    }
    assert SECRET not in str(answer)
    figures = await client.receive_figures()
    assert (figures["received"], figures["failed"], figures["in_flight"]) == (1, 1, 0)
    await client.ask("set_look", look={"engine": "identity", "color": "copper"})
    assert (await client.process("f2", jpeg()))["type"] == "processed_frame"


async def test_plain_http_is_told_to_upgrade(service: Service) -> None:
    """A GET without an upgrade is answered with 426, the header Upgrade and a stable code."""
    async with service.caller.http.get(service.caller.url + realtime_path("s1", "u1")) as response:
        assert response.status == 426
        assert response.headers["Upgrade"] == "websocket"
        assert (await response.json())["error"] == "INVALID_MESSAGE"
