"""Peers that come and break off in every phase leave nothing behind: no task, thread, socket."""

import asyncio
import gc
import threading
from collections.abc import Awaitable, Callable

import psutil
from aiohttp import ClientSession

from server.keys import CALLS
from tests.integration.service import Service, eventually
from tests.offers import section, session
from tests.rtc import RtcClient

OFFER = session(section("video", "0", "a=rtpmap:96 VP8/90000"))
SDP = {"Content-Type": "application/sdp"}
ROUNDS, AT_ONCE = 10, 5
Phase = Callable[[Service, ClientSession, str], Awaitable[None]]


async def _offer_alone(service: Service, http: ClientSession, name: str) -> None:
    """An offer that nobody follows up; hung up by hand, as the server does after 20 s."""
    url = f"{service.caller.url}/api/hair-tryOn/webrtc/{name}?user_id=u1"
    async with http.post(url, data=OFFER, headers=SDP) as response:
        assert response.status == 201
    async with http.delete(url) as response:
        assert response.status == 200


async def _bad_offer(service: Service, http: ClientSession, name: str) -> None:
    """An offer that can be read, but not answered."""
    url = f"{service.caller.url}/api/hair-tryOn/webrtc/{name}?user_id=u1"
    offer = OFFER.replace("sha-256", "sha-1").replace("UDP/TLS/RTP/SAVPF", "nonsense")
    async with http.post(url, data=offer, headers=SDP) as response:
        await response.read()


async def _while_connecting(service: Service, http: ClientSession, name: str) -> None:
    """A client that leaves before it is connected."""
    client = RtcClient(http, service.caller.url)
    await client.call(name)
    await client.close()
    async with http.delete(f"{service.caller.url}/api/hair-tryOn/webrtc/{name}?user_id=u1"):
        pass


async def _after_pictures(service: Service, http: ClientSession, name: str) -> None:
    """A client that leaves in the midst of it."""
    client = RtcClient(http, service.caller.url)
    await client.connect(name)
    await eventually(lambda: len(client.pictures) > 2, 20.0)
    await client.close()


async def _by_delete(service: Service, http: ClientSession, name: str) -> None:
    """A client that hangs up by HTTP, and is then hung up on."""
    client = RtcClient(http, service.caller.url)
    await client.connect(name)
    async with http.delete(client.location):
        pass
    await client.close()


PHASES: tuple[Phase, ...] = (
    _offer_alone, _bad_offer, _while_connecting, _after_pictures, _by_delete,
)  # fmt: skip


async def _come_and_go(service: Service, rounds: range) -> None:
    for number in rounds:
        phases = [
            phase(service, service.caller.http, f"s{number}-{place}")
            for place, phase in enumerate(PHASES)
        ]
        await asyncio.gather(*phases)
    await service.settled()
    await eventually(lambda: not service.app[CALLS].open_count, 20.0)


async def _holdings() -> tuple[int, int, int]:
    """Tasks, threads and handles, when what is closing has closed."""
    await asyncio.sleep(0.5)
    gc.collect()
    # The loop's own executor grows to its bound, for the clients' encoders here.
    threads = [one for one in threading.enumerate() if not one.name.startswith("asyncio_")]
    return len(asyncio.all_tasks()), len(threads), psutil.Process().num_fds()


async def test_nothing_is_left_behind(service: Service) -> None:
    """After fifty peers that broke off in five phases there is no more than after five."""
    await _come_and_go(service, range(1))
    before = await _holdings()
    await _come_and_go(service, range(1, ROUNDS))
    tasks, threads, handles = await _holdings()
    assert tasks <= before[0]
    assert threads <= before[1]
    # Connections of the HTTP client are kept for later, in no order.
    assert handles <= before[2] + AT_ONCE
