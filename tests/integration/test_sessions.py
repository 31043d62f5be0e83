"""Sessions: one connection for each id, each id its user's, looks that outlive a connection."""

import asyncio
import threading

import pytest

from media.codec import decode_frame
from server.errors import CloseCode
from storage.errors import StorageFailed
from storage.records import SessionRecord
from tests.engines import gated, identity, invert
from tests.fakes import ManualClock
from tests.integration.client import Closing, LiveClient, picture_of, text_of
from tests.integration.service import Service, StartService, eventually
from tests.pictures import jpeg, portrait, solid

COPPER = {"color": "copper", "intensity": 0.8}


def assert_refused(closing: Closing, code: CloseCode, error: str) -> None:
    """Nothing but this error was said before this closing code, which has a reason."""
    assert [answer["error"] for answer in closing.messages] == [error]
    assert (closing.code, bool(closing.reason)) == (code, True)


async def assert_works(client: LiveClient) -> None:
    """The session still answers a frame."""
    assert (await client.process("after", jpeg()))["type"] == "processed_frame"


async def test_second_connection_takes_over(service: Service) -> None:
    """A user's second connection ends the first with a word and 4409, and goes on with it all."""
    first = await service.caller.join()
    await first.ask("set_look", look=COPPER)
    photo = text_of(jpeg(portrait()))
    await first.ask("set_style_image", image_data=photo)
    worn = await first.ask("set_color_image", image_data=photo)
    second = await service.caller.connect()
    assert_refused(await first.until_closed(), CloseCode.TAKEN_OVER, "SESSION_TAKEN_OVER")
    greeting = await second.receive()
    assert greeting["look"] == worn["look"]
    assert greeting["look"]["style_image"]
    assert greeting["look"]["color_image"]
    assert greeting["applied"] == ["style", "color"]
    assert len(service.live) == 1
    answer = await second.process("f1", jpeg(solid(0, 0, 0)))
    assert decode_frame(picture_of(answer), 100).min() > 240


async def test_look_outlives_a_connection(service: Service) -> None:
    """Who comes back to a session wears what was worn: values, shade and engine."""
    first = await service.caller.join()
    worn = await first.ask("set_look", look=COPPER)
    await first.close()
    await service.settled()
    greeting = await (await service.caller.connect()).receive()
    assert (greeting["look"], greeting["applied"]) == (worn["look"], ["color"])


async def test_cleared_look_stays_cleared(service: Service) -> None:
    """A look that was cleared does not come back with the next connection."""
    first = await service.caller.join()
    await first.ask("set_style_image", image_data=text_of(jpeg()))
    await first.ask("clear_look")
    await first.close()
    await service.settled()
    assert (await (await service.caller.connect()).receive())["look"] is None


async def test_look_of_an_unknown_engine_is_let_go(start_service: StartService) -> None:
    """A look kept by a server that had another engine does not keep its session from opening."""
    earlier = await start_service(identity())
    client = await earlier.caller.join()
    await client.ask("set_look", look=COPPER)
    await client.close()
    await earlier.settled()
    await earlier.runner.cleanup()
    later = await start_service(invert())
    client = await later.caller.connect()
    assert (await client.receive())["look"] is None
    await assert_works(client)


async def test_taken_over_by_many_in_turn(service: Service) -> None:
    """Of many connections that race for one new session exactly one remains, and it works."""
    clients = await asyncio.gather(*(service.caller.connect("raced") for _ in range(8)))
    endings = [asyncio.create_task(client.until_closed()) for client in clients]
    await eventually(lambda: sum(ending.done() for ending in endings) == 7)
    ended, remaining = await asyncio.wait(endings, timeout=0.1)
    assert (len(ended), len(remaining), len(service.live)) == (7, 1, 1)
    for task in ended:
        closing = task.result()
        assert closing.code == CloseCode.TAKEN_OVER
        assert closing.messages[-1]["error"] == "SESSION_TAKEN_OVER"
    record = await service.document("raced")
    assert record.status == "active"
    winner = clients[endings.index(next(iter(remaining)))]
    await winner.close()
    assert (await remaining.pop()).messages[0]["type"] == "connection_established"


async def test_two_users_race_for_one_session(service: Service) -> None:
    """Of two users who begin the same new session at once one gets it and one is refused."""
    users = [f"user-{number}" for number in range(4)]
    clients = await asyncio.gather(*(service.caller.connect("raced", user) for user in users))
    answers = await asyncio.gather(*(client.receive() for client in clients))
    kinds = sorted(str(answer.get("error", answer["type"])) for answer in answers)
    assert kinds == ["SESSION_FORBIDDEN"] * 3 + ["connection_established"]
    assert len(service.live) == 1


async def test_take_over_does_not_wait_for_the_first(start_service: StartService) -> None:
    """Neither a frame under way nor a client that never answers holds up who takes over."""
    gate = threading.Event()
    service = await start_service(gated(gate))
    first = await service.caller.connect_raw()
    await first.send("set_look", look=COPPER)
    await first.send("process_frame", frame_id="f1", frame_data=text_of(jpeg()))
    await eventually(lambda: service.services.pool.busy == 1)
    async with asyncio.timeout(1.0):
        second = await service.caller.join()
    gate.set()
    await assert_works(second)
    await first.read_until(b"SESSION_TAKEN_OVER")


async def test_another_users_live_session_is_refused(service: Service) -> None:
    """Another user is turned away with 4403, and the session's own user notices nothing."""
    owner = await service.caller.join("s1", "owner")
    closing = await (await service.caller.connect("s1", "other")).until_closed()
    assert_refused(closing, CloseCode.FORBIDDEN, "SESSION_FORBIDDEN")
    await assert_works(owner)
    assert len(service.live) == 1


async def test_another_users_past_session_is_refused(service: Service) -> None:
    """A session stays its user's when it is not live; the refusal leaves its document alone."""
    owner = await service.caller.join("s1", "owner")
    await owner.close()
    await service.settled()
    before = await service.document()
    closing = await (await service.caller.connect("s1", "other")).until_closed()
    assert_refused(closing, CloseCode.FORBIDDEN, "SESSION_FORBIDDEN")
    await service.settled()
    assert await service.document() == before


async def test_full_server_turns_new_sessions_away(start_service: StartService) -> None:
    """A full server says so and closes with 1013; a session's own user may still take over."""
    service = await start_service(max_sessions=2)
    first = await service.caller.join("first")
    await service.caller.join("second")
    closing = await (await service.caller.connect("third")).until_closed()
    assert_refused(closing, CloseCode.TRY_AGAIN_LATER, "SERVER_FULL")
    again = await service.caller.join("first")
    assert (await first.until_closed()).code == CloseCode.TAKEN_OVER
    await again.close()
    await eventually(lambda: len(service.live) == 1)
    await assert_works(await service.caller.join("third"))


@pytest.mark.parametrize("stage", ["get", "begin"])
async def test_unreachable_storage_refuses_a_session(
    service: Service, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    """While the owner cannot be looked up nobody is let in: 1013; those inside are not ended."""
    inside = await service.caller.join("inside")

    async def fail(_: object) -> None:
        raise StorageFailed("SQLITE_IOERR")

    with monkeypatch.context() as patch:
        patch.setattr(service.services.database.sessions, stage, fail)
        closing = await (await service.caller.connect("outside")).until_closed()
        await assert_works(inside)
    assert_refused(closing, CloseCode.TRY_AGAIN_LATER, "STORAGE_UNAVAILABLE")
    await assert_works(await service.caller.join("outside"))


async def test_idle_session_is_ended(start_service: StartService) -> None:
    """Who sends nothing for the idle time is told so, closed with 4408, and kept as a timeout."""
    clock = ManualClock()
    service = await start_service(clock=clock, idle_timeout_s=300.0)
    idle, busy = await asyncio.gather(*map(service.caller.join, ("idle", "busy")))
    clock.now_s += 299.0
    await assert_works(busy)
    clock.now_s += 2.0
    assert_refused(await idle.until_closed(), CloseCode.IDLE, "SESSION_IDLE")
    assert (await service.document("idle")).status == "timeout"
    await assert_works(busy)
    assert (await service.document("busy")).status == "active"


async def test_silent_network_is_a_timeout(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that answers no ping is gone, and its document says timeout."""
    monkeypatch.setattr("server.websocket.HEARTBEAT_S", 0.2)
    client = await service.caller.connect_raw()
    await client.read_until(b"connection_established")
    await eventually(lambda: len(service.live) == 0)
    assert (await service.document()).status == "timeout"


async def test_photos_are_kept_for_an_hour(start_service: StartService) -> None:
    """A style photo comes back within the hour after it was sent, and not after it."""
    clock = ManualClock()
    service = await start_service(clock=clock, idle_timeout_s=1e9)
    client = await service.caller.join()
    await client.ask("set_style_image", image_data=text_of(jpeg()))
    clock.now_s += 3599.0
    assert (await _come_back(service, client))["style_image"]
    clock.now_s += 2.0
    client = await service.caller.connect()
    assert not (await client.receive())["look"]["style_image"]
    await client.close()
    await service.settled()
    assert (await service.document()).style_image_data is None


async def _come_back(service: Service, client: LiveClient) -> dict[str, object]:
    await client.close()
    await service.settled()
    again = await service.caller.connect()
    look: dict[str, object] = (await again.receive())["look"]
    await again.close()
    await service.settled()
    return look


async def test_replaced_photos_are_forgotten(service: Service) -> None:
    """The cache holds at most the photos that are worn: replaced and cleared ones go at once."""
    client = await service.caller.join()
    cache = service.services.cache
    keys: list[str | None] = []

    async def key_after(kind: str) -> str | None:
        await client.ask(kind, image_data=text_of(jpeg()))
        (session,) = service.live._live.values()
        keys.extend((session.wardrobe.style_key, session.wardrobe.color_key))
        return keys[-2]

    first, second = await key_after("set_style_image"), await key_after("set_style_image")
    await key_after("set_color_image")
    assert first
    assert second
    assert await cache.get(first) is None
    assert await cache.get(second) is not None
    await client.ask("clear_look")
    assert [await cache.get(key) for key in keys if key] == [None] * len([k for k in keys if k])


async def test_gone_before_the_greeting_is_not_active(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who leaves while the session is opened leaves a document that does not say active."""
    sessions, held = service.services.database.sessions, asyncio.Event()
    save = sessions.save

    async def slow_save(record: SessionRecord) -> None:
        await save(record)
        await held.wait()

    with monkeypatch.context() as patch:
        patch.setattr(sessions, "save", slow_save)
        client = await service.caller.connect()
        await eventually(lambda: len(service.live) == 1)
        client.break_off()
        await asyncio.sleep(0.05)
        held.set()
        await service.settled()
    assert (await service.document()).status == "disconnected"
