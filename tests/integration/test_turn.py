"""By relay alone, through a real coturn, with the credentials that the service mints."""

import asyncio
from pathlib import Path

from aioice.turn import create_turn_endpoint
from aiortc import RTCIceServer

from tests.integration.browser import OpenTab
from tests.integration.coturn import HOST, REACHED, SECRET, coturn, deployed
from tests.integration.process import ServerProcess
from tests.integration.service import Service, StartService, eventually
from tests.rtc import RtcClient


async def minted(service: Service) -> RTCIceServer:
    """The server and the credentials that a client is told."""
    address = f"{service.caller.url}/api/hair-tryOn/ice-servers?user_id=u1"
    async with service.caller.http.get(address) as response:
        server = (await response.json())["iceServers"][0]
    return RTCIceServer(server["urls"], server["username"], server["credential"])


async def test_a_call_by_relay(start_service: StartService, tmp_path: Path) -> None:
    """A client that may use the relay alone gets its pictures back."""
    async with coturn(tmp_path) as turn:
        service = await start_service(turn=turn.url, turn_secret=SECRET)
        http, url = service.caller.http, service.caller.url
        credentials = await minted(service)
        client = RtcClient(http, url, turn=credentials)
        try:
            await client.connect()
            await eventually(lambda: len(client.pictures) > 10, 20.0)
            assert "typ relay" in client.pc.localDescription.sdp
            assert "typ host" not in client.pc.localDescription.sdp
        finally:
            await client.close()
        await service.settled()


async def test_wrong_credentials(start_service: StartService, tmp_path: Path) -> None:
    """What another secret has signed is worth nothing: no relay, no candidate."""
    async with coturn(tmp_path) as turn:
        service = await start_service(turn=turn.url, turn_secret="another")
        http, url = service.caller.http, service.caller.url
        credentials = await minted(service)
        client = RtcClient(http, url, turn=credentials)
        await client.pc.setLocalDescription(await client.pc.createOffer())
        assert "typ relay" not in client.pc.localDescription.sdp
        await client.close()


async def test_the_page_by_relay(open_tab: OpenTab, tmp_path: Path) -> None:
    """Chromium by the relay alone, as behind a strict firewall."""
    async with coturn(tmp_path) as turn:
        server = ServerProcess(tmp_path / "data", turn=turn.url, turn_secret=SECRET)
        await server.start()
        try:
            tab = await open_tab(server.url, transport="relay")
            await tab.start_camera()
            await tab.wait_for_frames(20)
            assert await tab.data("readout", "transport") == "webrtc"
            assert tab.complaints == []
        finally:
            await server.stop()


class RelayUser(asyncio.DatagramProtocol):
    """Notes what the server refuses."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self.is_gone = False

    def error_received(self, exc: Exception) -> None:
        self.errors.append(str(exc))

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_gone = True


async def test_the_deployed_one(start_service: StartService, tmp_path: Path) -> None:
    """It leads to the service, by the credentials that this mints, and to no other address."""
    async with coturn(tmp_path, deployed) as turn:
        service = await start_service(turn=turn.url, turn_secret=SECRET, rtc_listen=REACHED)
        http, url = service.caller.http, service.caller.url
        credentials = await minted(service)
        client = RtcClient(http, url, turn=credentials)
        try:
            await client.connect()
            await eventually(lambda: len(client.pictures) > 10, 20.0)
        finally:
            await client.close()
        await service.settled()
        relay, user = await create_turn_endpoint(
            RelayUser, (HOST, turn.port), credentials.username, credentials.credential
        )
        relay.sendto(b"hello", (HOST, 27017))
        await eventually(lambda: bool(user.errors))
        assert "403" in user.errors[0]
        relay.close()
        await eventually(lambda: user.is_gone)
