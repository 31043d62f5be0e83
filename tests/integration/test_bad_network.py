"""WebRTC where the network is bad: pictures keep coming, or come again, without reconnecting."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from itertools import pairwise

import pytest

from tests.integration.service import Service, eventually
from tests.lossy import LossyRelay, Weather, lossy_relay
from tests.rtc import RtcClient, number_of

Connect = Callable[..., Awaitable[tuple[RtcClient, LossyRelay]]]
PATIENCE_S = 30.0


@pytest.fixture
async def connect(service: Service) -> AsyncIterator[Connect]:
    """Connects clients through a relay of their own."""
    async with AsyncExitStack() as stack:

        async def one(codec: str = "VP8") -> tuple[RtcClient, LossyRelay]:
            relay = await stack.enter_async_context(lossy_relay(Weather()))
            client = RtcClient(service.caller.http, service.caller.url, codec, relay=relay)
            stack.push_async_callback(client.close)
            # That the client hangs up is to be heard, too.
            stack.callback(relay.clear_up)
            await client.connect()
            await eventually(lambda: len(client.arrived_s) > 5, PATIENCE_S)
            return client, relay

        yield one
    await service.settled()


@pytest.mark.parametrize("codec", ["VP8", "H264"])
@pytest.mark.parametrize(
    "weather",
    [
        Weather(loss=0.02),
        Weather(loss=0.05),
        Weather(loss=0.10),
        Weather(twice=0.1, swapped=0.1),
        Weather(jitter_s=0.1),
    ],
    ids=["2 %", "5 %", "10 %", "disorder", "jitter"],
)
async def test_pictures_keep_coming(connect: Connect, codec: str, weather: Weather) -> None:
    """Sixty further pictures come, whole and in order, on the same connection."""
    client, relay = await connect(codec)
    relay.weather = weather
    before = len(client.arrived_s)
    await eventually(lambda: len(client.arrived_s) > before + 60, PATIENCE_S)
    numbers = [number_of(picture) for picture in client.pictures]
    in_order = sum(later >= earlier for earlier, later in pairwise(numbers))
    assert in_order >= 0.97 * (len(numbers) - 1)
    assert client.pc.connectionState == "connected"


async def test_after_a_blackout(connect: Connect) -> None:
    """Three seconds of nothing: the same connection goes on, with a new picture."""
    client, relay = await connect()
    relay.weather = Weather(is_dark=True)
    await asyncio.sleep(3.0)
    last = max(client.arrived_s)
    relay.weather = Weather()
    await eventually(lambda: max(client.arrived_s) > last + 60, PATIENCE_S)
    assert client.pc.connectionState == "connected"


async def test_ice_restart(connect: Connect, service: Service) -> None:
    """A client that comes from another network goes on in the same call, by another way."""
    client, relay = await connect()
    async with lossy_relay(Weather()) as other:
        await client.restart_ice(other)
        last = max(client.arrived_s)
        relay.weather = Weather(is_dark=True)
        await eventually(lambda: max(client.arrived_s) > last + 60, PATIENCE_S)
        assert other.carried > 60
        assert len(service.live) == 1
        await client.close()


async def test_a_restart_that_leads_nowhere(connect: Connect, service: Service) -> None:
    """The present way stays in use."""
    client, _ = await connect()
    url, headers = client.location, {"Content-Type": "application/trickle-ice-sdpfrag"}
    nowhere = "a=ice-ufrag:efgh\r\na=ice-pwd:0123456789012345678901\r\n"
    async with service.caller.http.patch(url, data=nowhere, headers=headers) as response:
        assert response.status == 200
        text = await response.text()
        assert "a=ice-ufrag:" in text
        assert "a=candidate:" in text
    last = max(client.arrived_s)
    await eventually(lambda: max(client.arrived_s) > last + 60, PATIENCE_S)
