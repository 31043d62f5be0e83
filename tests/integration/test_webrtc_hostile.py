"""WebRTC under clients that mean no good, or know no better: bounded, forgotten, and survived."""

import asyncio
import os
import re
import socket
from collections import Counter

import pytest
from aiohttp import ClientSession
from aiortc.rtp import RtpPacket
from av.video.frame import VideoFrame

from media.rtc import aiortc_private, answerer
from media.rtc.offer import Offer, OfferRejected
from media.rtc.video_codec import VideoCodec
from server import calls
from server.keys import CALLS
from tests.integration.service import Service, StartService, eventually
from tests.integration.test_webrtc import Connect, connect  # noqa: F401  (a fixture)
from tests.offers import section, session
from tests.rtc import Camera, RtcClient

OFFER = session(section("video", "0", "a=rtpmap:96 VP8/90000"))
SDP = {"Content-Type": "application/sdp"}
BURST = 500
VP8_PAYLOAD_TYPE = 97


def _url(service: Service, name: str) -> str:
    return f"{service.caller.url}/api/hair-tryOn/webrtc/{name}?user_id=u1"


async def _offer(http: ClientSession, url: str) -> tuple[int, str | None]:
    async with http.post(url, data=OFFER, headers=SDP) as response:
        await response.read()
        return response.status, response.headers.get("Retry-After")


async def test_five_hundred_offers_at_once(service: Service) -> None:
    """Some are answered, the others told to come again; nobody is forgotten, nothing is left."""
    http, urls = service.caller.http, [_url(service, f"s{number}") for number in range(BURST)]
    answers = await asyncio.gather(*(_offer(http, url) for url in urls))
    statuses = Counter(status for status, _ in answers)
    assert set(statuses) <= {201, 503}
    assert calls.MAX_UNANSWERED <= statuses[201] < BURST
    assert all(again is not None for status, again in answers if status == 503)
    for url, (status, _) in zip(urls, answers, strict=True):
        if status == 201:
            async with http.delete(url) as response:
                assert response.status == 200
    await service.settled()
    await eventually(lambda: not service.app[CALLS].open_count, 20.0)
    assert (await _offer(http, urls[0]))[0] == 201


async def test_an_offer_that_nobody_completes(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is forgotten after a while; the session's document says so."""
    monkeypatch.setattr(answerer, "CONNECT_S", 0.5)
    assert (await _offer(service.caller.http, _url(service, "s1")))[0] == 201
    assert service.app[CALLS].open_count == 1
    await eventually(lambda: not service.app[CALLS].open_count, 10.0)
    await service.settled()


async def test_a_sender_that_stops_sending(connect: Connect, service: Service) -> None:  # noqa: F811
    """It stays connected, and goes on when it sends again."""
    client = await connect()
    await eventually(lambda: len(client.arrived_s) > 5, 15.0)
    sender = client.pc.getTransceivers()[0].sender
    sender.replaceTrack(None)
    await asyncio.sleep(2.0)
    count = len(client.pictures)
    assert service.app[CALLS].open_count == 1
    sender.replaceTrack(Camera())
    await eventually(lambda: len(client.pictures) > count + 10, 15.0)


async def test_who_sends_nothing_for_long_is_told_and_let_go(start_service: StartService) -> None:
    """As by WebSocket."""
    service = await start_service(idle_timeout_s=1.0)
    client = RtcClient(service.caller.http, service.caller.url)
    try:
        await client.connect()
        client.pc.getTransceivers()[0].sender.replaceTrack(None)
        assert (await client.receive())["type"] == "connection_established"
        assert (await client.receive())["error"] == "SESSION_IDLE"
        await eventually(lambda: not service.app[CALLS].open_count, 10.0)
    finally:
        await client.close()


class Growing(Camera):
    """Changes its size again and again, to odd sides too."""

    SIZES = ((320, 240), (321, 241), (160, 121), (640, 480))

    async def recv(self) -> VideoFrame:
        """See MediaStreamTrack."""
        width, height = self.SIZES[self.number // 15 % len(self.SIZES)]
        frame = await super().recv()
        resized = frame.reformat(width, height)
        resized.pts, resized.time_base = frame.pts, frame.time_base
        return resized


@pytest.mark.parametrize("look", [None, {"color": "#ffffff"}])
async def test_sizes_change_in_midstream(
    connect: Connect,  # noqa: F811
    look: dict[str, str] | None,
) -> None:
    """Every size comes back; of an odd one a line is missing where the picture was changed."""
    client = await connect()
    assert (await client.receive())["type"] == "connection_established"
    if look is not None:
        await client.send("set_look", look=look)
        assert (await client.receive())["type"] == "look_set"
    client.pc.getTransceivers()[0].sender.replaceTrack(Growing())
    odd = (241, 321) if look is None else (240, 320)
    small = (121, 160) if look is None else (120, 160)
    wanted = {odd, small, (240, 320), (480, 640)}
    await eventually(lambda: wanted <= {one.shape[:2] for one in client.pictures}, 25.0)


def _media_port(client: RtcClient) -> int:
    found = re.search(r"a=candidate:\S+ 1 udp \d+ 127\.0\.0\.1 (\d+)", _answer(client))
    assert found is not None
    return int(found.group(1))


def _answer(client: RtcClient) -> str:
    return client.pc.remoteDescription.sdp


def _nonsense() -> list[bytes]:
    """As media, as reports, as a handshake, as ICE without a signature, as nothing at all."""
    rtp = RtpPacket(payload_type=VP8_PAYLOAD_TYPE, marker=1, sequence_number=7, timestamp=9, ssrc=5)
    rtp.payload = os.urandom(900)
    binding = b"\x00\x01\x00\x00\x21\x12\xa4\x42" + os.urandom(12)
    starts = [b"", b"\x80", b"\x81\xc9\x00\x01", b"\x16\xfe\xfd", b"\x17\xfe\xfd", binding[:9]]
    return [rtp.serialize(), binding, *(start + os.urandom(200) for start in starts)]


async def test_packets_from_nowhere(connect: Connect) -> None:  # noqa: F811
    """Pictures keep coming as if nothing were."""
    client = await connect()
    await eventually(lambda: len(client.arrived_s) > 5, 15.0)
    address = ("127.0.0.1", _media_port(client))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for _ in range(200):
            for packet in _nonsense():
                stranger.sendto(packet, address)
            await asyncio.sleep(0.005)
    last = max(client.arrived_s)
    await eventually(lambda: max(client.arrived_s) > last + 30, 15.0)
    assert client.pc.connectionState == "connected"


async def test_strangers_do_not_keep_a_dead_call_alive(
    connect: Connect,  # noqa: F811
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Only what the client alone can have sent is a sign of life."""
    monkeypatch.setattr(answerer, "SILENCE_S", 1.5)
    client = await connect()
    address = ("127.0.0.1", _media_port(client))
    transport = client.pc.getTransceivers()[0].receiver.transport
    await aiortc_private.ice_of(transport).close()  # without a word
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for _ in range(100):
            for packet in _nonsense():
                stranger.sendto(packet, address)
            await asyncio.sleep(0.05)
            if not service.app[CALLS].open_count:
                break
    assert not service.app[CALLS].open_count


async def test_ever_more_sources(connect: Connect, service: Service) -> None:  # noqa: F811
    """A client that sends from a thousand sources keeps its picture, and is closed in time."""
    client = await connect()
    await eventually(lambda: len(client.arrived_s) > 5, 15.0)
    transport = client.pc.getTransceivers()[0].receiver.transport
    for source in range(1000):
        packet = RtpPacket(
            payload_type=VP8_PAYLOAD_TYPE, sequence_number=source, timestamp=9, ssrc=10_000 + source
        )
        packet.payload = b"\x10\x01" + os.urandom(20)
        await transport._send_rtp(packet.serialize())
    await asyncio.sleep(2.0)
    last = max(client.arrived_s)
    await eventually(lambda: max(client.arrived_s) > last + 15, 15.0)
    async with service.caller.http.delete(client.location) as response:
        assert response.status == 200
    await eventually(lambda: not service.app[CALLS].open_count, 3.0)


async def test_numbers_that_jump_and_jump(connect: Connect, service: Service) -> None:  # noqa: F811
    """Gaps as wide as can be, again and again, keep neither the server nor the picture busy."""
    client = await connect()
    await eventually(lambda: len(client.arrived_s) > 5, 15.0)
    transport = client.pc.getTransceivers()[0].receiver.transport
    for step in (2999, 32766):
        for number in range(300):
            packet = RtpPacket(
                payload_type=VP8_PAYLOAD_TYPE,
                sequence_number=number * step % 65536,
                timestamp=9,
                ssrc=77_000,
            )
            packet.payload = b"\x10\x01" + os.urandom(20)
            await transport._send_rtp(packet.serialize())
            if number % 20 == 0:
                await asyncio.sleep(0.01)
        async with asyncio.timeout(2.0):
            async with service.caller.http.get(
                f"{service.caller.url}/api/hair-tryOn/health"
            ) as one:
                assert one.status == 200


@pytest.mark.parametrize("spoilt", ["look", "offer"])
async def test_what_is_refused_leaves_the_call_alone(
    connect: Connect,  # noqa: F811
    service: Service,
    spoilt: str,
) -> None:
    """An offer to a session that is in a call, and cannot be answered, ends nothing."""
    client = await connect()
    await eventually(lambda: len(client.arrived_s) > 5, 15.0)
    url, offer = _url(service, "s1"), OFFER
    if spoilt == "look":
        url += '&look={"color":"nosuch"}'
    else:
        offer = session(*[section("video", "0", "a=rtpmap:96 VP8/90000")] * 2)
    async with service.caller.http.post(url, data=offer, headers=SDP) as response:
        assert response.status == 400, await response.text()
    last = max(client.arrived_s)
    await eventually(lambda: max(client.arrived_s) > last + 20, 15.0)
    assert client.pc.connectionState == "connected"


async def test_an_offer_that_fails_halfway_is_let_go() -> None:
    """aiortc cannot hang up what it has half made; nobody is to notice."""
    text = OFFER.replace("t=0 0", "t=0 0\r\na=group:BUNDLE 9 0")
    offer = Offer(text, (VideoCodec.VP8,), sends=True, receives=True, ufrag="abcd")
    bells = answerer.Bells(lambda: None, lambda: None, lambda _: None)
    options = answerer.RtcOptions(max_px=1000, listen=("127.0.0.1",))
    end = answerer.Answerer(offer, VideoCodec.VP8, options, bells, lambda: 0.0)
    with pytest.raises(OfferRejected):
        await end.answer()
    await end.close()
