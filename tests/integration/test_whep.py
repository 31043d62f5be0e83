"""Watching a call: several viewers see the changed pictures, come and go, and are bounded."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
from yarl import URL

from server import audience
from server.keys import CALLS
from tests.integration.service import Service, eventually
from tests.offers import section, session
from tests.rtc import RtcClient, Watcher, number_of, stamped

VP8 = "a=rtpmap:96 VP8/90000"
SDP = {"Content-Type": "application/sdp"}
Publish = Callable[..., Awaitable[RtcClient]]
Watch = Callable[..., Awaitable[Watcher]]


@pytest.fixture
async def stack(service: Service) -> AsyncIterator[AsyncExitStack]:
    """Hangs up for everybody, and looks that nothing is left."""
    async with AsyncExitStack() as stack:
        yield stack
    await service.settled()
    await eventually(lambda: not service.app[CALLS].open_count)


@pytest.fixture
def publish(service: Service, stack: AsyncExitStack) -> Publish:
    """Publishes a camera as WHIP does, without taking anything back."""

    async def one(codec: str = "VP8", direction: str = "sendonly") -> RtcClient:
        client = RtcClient(service.caller.http, service.caller.url, codec, direction=direction)
        stack.push_async_callback(client.close)
        await client.connect()
        return client

    return one


@pytest.fixture
def watch(service: Service, stack: AsyncExitStack) -> Watch:
    """Watches that camera."""

    async def one(codec: str = "VP8") -> Watcher:
        watcher = Watcher(service.caller.http, service.caller.url, codec)
        stack.push_async_callback(watcher.close)
        await watcher.connect()
        return watcher

    return one


@pytest.mark.parametrize("codec", ["VP8", "H264"])
async def test_several_watch_what_one_publishes(
    publish: Publish, watch: Watch, service: Service, codec: str
) -> None:
    """Each sees it from a key frame on, also who comes late, with the look that it has; they, and
    what they are sent, are counted."""
    client = await publish(codec)
    first = await watch(codec)
    await eventually(lambda: len(first.screen.pictures) > 10, 20.0)
    numbers = [number_of(picture) for picture in first.screen.pictures]
    assert numbers == sorted(numbers)
    await client.receive()
    await client.send("set_look", look={"color": "#ffffff"})
    late = await watch(codec)
    await eventually(lambda: len(late.screen.pictures) > 10, 20.0)
    plain = stamped(0)[60:].mean()
    await eventually(lambda: _shows(first, 255 - plain) and _shows(late, 255 - plain), 20.0)
    assert not client.pictures
    assert _told(service, "viewers") == 2
    # Who publishes is sent nothing.
    await eventually(lambda: _told(service, "packets_total", direction="out") > 0)


def _told(service: Service, name: str, **labels: str) -> float:
    """What is counted of all connections."""
    registry = service.services.meters.registry
    return registry.get_sample_value(f"hair_tryon_webrtc_{name}", labels) or 0


def _shows(watcher: Watcher, level: float) -> bool:
    """Whether the newest picture is that bright, below its number."""
    return abs(float(watcher.screen.pictures[-1][60:].mean()) - level) < 20


async def test_a_viewer_leaves(publish: Publish, watch: Watch, service: Service) -> None:
    """By hanging up, by DELETE, and with the call; the others go on."""
    client = await publish(direction="sendrecv")
    watchers = [await watch() for _ in range(3)]
    call = service.app[CALLS].find("s1")
    assert call is not None
    await watchers[0].close()
    await eventually(lambda: len(call.peer.audience) == 2, 20.0)
    async with service.caller.http.delete(watchers[1].location) as response:
        assert response.status == 200
    await eventually(lambda: len(call.peer.audience) == 1, 20.0)
    async with service.caller.http.delete(watchers[1].location) as response:
        assert response.status == 404
    seen = len(watchers[2].screen.pictures)
    await eventually(lambda: len(watchers[2].screen.pictures) > seen + 5, 20.0)
    await client.close()
    await eventually(lambda: watchers[2].pc.connectionState == "closed", 20.0)


async def test_who_may_not_watch(
    publish: Publish, watch: Watch, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call that is not there or another's, an offer that does not fit, one viewer too many."""
    http, url = service.caller.http, f"{service.caller.url}/api/hair-tryOn/whep/s1?user_id=u1"
    offer = session(section("video", "0", VP8, direction="recvonly"))
    async with http.post(url, data=offer, headers=SDP) as response:
        assert response.status == 404
    await publish("H264")
    async with http.post(url.replace("u1", "u2"), data=offer, headers=SDP) as response:
        assert response.status == 404
    async with http.post(url, data=offer, headers=SDP) as response:
        assert response.status == 400
        assert "H264, which is not offered" in await response.text()
    await watch("H264")
    monkeypatch.setattr(audience, "MAX_VIEWERS", 1)
    h264 = "a=rtpmap:102 H264/90000\r\na=fmtp:102 packetization-mode=1;profile-level-id=42e01f"
    offer = session(section("video", "0", h264, direction="recvonly"))
    async with http.post(url, data=offer, headers=SDP) as response:
        assert response.status == 503
        assert response.headers["Retry-After"]


@pytest.mark.parametrize("query", ["x=%0d%0aSet-Cookie:%20a", "x=%00", "x=%26y%3D%23z"])
async def test_odd_queries_come_back_as_they_were(
    publish: Publish, service: Service, query: str
) -> None:
    """The address of a viewer has the query of the request, encoded as it was."""
    await publish()
    url = f"{service.caller.url}/api/hair-tryOn/whep/s1?user_id=u1&{query}"
    offer = session(section("video", "0", VP8, direction="recvonly"))
    async with service.caller.http.post(
        URL(url, encoded=True), data=offer, headers=SDP
    ) as response:
        assert response.status == 201, await response.text()
        location = response.headers["Location"]
        assert "Set-Cookie" not in response.headers
    assert URL(location, encoded=True).raw_query_string.lower() == f"user_id=u1&{query}".lower()
