"""What goes on live ends when the token is over with which it was begun."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from aiohttp import ClientSession

from media.clock import SystemClock
from server import sessions
from server.keys import CALLS
from storage.records import SessionStatus
from tests.integration.client import Caller
from tests.integration.service import Service, StartService, eventually
from tests.pictures import jpeg
from tests.rtc import RtcClient, Watcher
from tests.tokens import AUDIENCE, ISSUER, SECRET, token

LEFT_S: Final = 10.0
"""What is left of the first token; a connection that is silent for so long is not given up yet."""
LEEWAY_S: Final = 30.0
REPORT_S: Final = 0.05


class Leaping(SystemClock):
    """Takes leaps. Its wall clock stands still."""

    def __init__(self) -> None:
        self.leap_s = 0.0
        self.wall_s = time.time()

    def monotonic(self) -> float:
        """See Clock."""
        return super().monotonic() + self.leap_s

    def utc_now(self) -> datetime:
        """See Clock."""
        return datetime.fromtimestamp(self.wall_s, UTC)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Leaping:
    monkeypatch.setattr(sessions, "STATS_INTERVAL_S", REPORT_S)
    return Leaping()


@pytest.fixture
async def service(start_service: StartService, clock: Leaping) -> Service:
    names: dict[str, Any] = {"jwt_issuer": ISSUER, "jwt_audience": AUDIENCE}
    return await start_service(clock=clock, jwt_secret=SECRET, jwt_leeway_s=LEEWAY_S, **names)


@pytest.fixture
async def mine(clock: Leaping) -> AsyncIterator[ClientSession]:
    """Sends a token that will be over soon, as the service's clock has it."""
    expires_s = int(time.time()) + 600
    clock.wall_s = expires_s + LEEWAY_S - LEFT_S
    headers = {"Authorization": f"Bearer {token('u1', exp=expires_s)}"}
    async with ClientSession(headers=headers) as session:
        yield session


async def test_a_session_over_websocket(
    service: Service, mine: ClientSession, clock: Leaping
) -> None:
    """It goes on to the last, is told why it ends, and comes back with a fresh token."""
    caller = Caller(mine, service.caller.url)
    client = await caller.join()
    await client.ask("set_look", look={"color": "copper"})
    await client.receive_figures()
    clock.leap_s = LEFT_S
    closing = await client.until_closed()
    assert [(one["type"], one["error"]) for one in closing.messages] == [("error", "UNAUTHORIZED")]
    assert (closing.code, closing.reason) == (4401, "the token has expired")
    await service.settled()
    assert (await service.document()).status is SessionStatus.DISCONNECTED
    clock.wall_s = time.time()
    again = await caller.connect()
    assert (await again.receive())["look"]["shade"] == "copper"
    for number in range(3):
        await again.process(f"f{number}", jpeg())
        await again.receive_figures()
    await caller.close()


async def test_a_call_and_who_watches_it(
    service: Service, mine: ClientSession, clock: Leaping
) -> None:
    """Each for as long as its own token is good."""
    short = {"user_id": "u1", "session_id": "s1"}
    watcher = Watcher(mine, service.caller.url)
    client = RtcClient(mine, service.caller.url)
    other = RtcClient(mine, service.caller.url)
    await client.connect(**short)
    clock.wall_s -= LEFT_S
    await other.connect("s2", "u1")
    clock.wall_s += LEFT_S
    await watcher.connect("s2", "u1")
    calls = service.app[CALLS]
    held = calls.find("s2")
    assert held is not None
    clock.leap_s = LEFT_S
    await eventually(lambda: calls.find("s1") is None and not len(held.peer.audience))
    assert calls.find("s2") is held
    assert (await client.receive())["type"] == "connection_established"
    assert (await client.receive())["error"] == "UNAUTHORIZED"
    for one in (client, other, watcher):
        await one.close()
    await service.settled()
    await eventually(lambda: not calls.open_count)
