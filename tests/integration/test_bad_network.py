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
            client = RtcClient(service.caller.http, service.caller.url, codec, relay)
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
