"""Live sessions over WebRTC: offer and answer, video there and back, messages beside it."""

import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import ClientResponse

from media.rtc import aiortc_private as private
from server.keys import CALLS
from storage.records import SessionStatus
from tests.integration.client import text_of
from tests.integration.service import Service, StartService, eventually
from tests.offers import section, session
from tests.pictures import jpeg, noise
from tests.rtc import RtcClient, number_of, stamped

VP8 = "a=rtpmap:96 VP8/90000"
OFFER = session(section("video", "0", VP8))
PATH = "/api/hair-tryOn/webrtc/s1?user_id=u1"
SDP = {"Content-Type": "application/sdp"}
FRAGMENT = {"Content-Type": "application/trickle-ice-sdpfrag"}
CREDENTIALS = "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"
CANDIDATE = "a=candidate:1 1 udp 2130706431 127.0.0.1 9 typ host\r\n"

Connect = Callable[..., Awaitable[RtcClient]]


@pytest.fixture
async def connect(service: Service) -> AsyncIterator[Connect]:
    """Connects clients, and hangs up for them."""
    clients: list[RtcClient] = []

    async def one(codec: str = "VP8", session_id: str = "s1", user_id: str = "u1") -> RtcClient:
        client = RtcClient(service.caller.http, service.caller.url, codec)
        clients.append(client)
        await client.connect(session_id, user_id)
        return client

    yield one
    for client in clients:
        await client.close()
    await service.settled()
    await eventually(lambda: not service.app[CALLS].open_count)


async def _error(response: ClientResponse, status: int) -> str:
    assert response.status == status, await response.text()
    body = await response.json()
    assert body["type"] == "error"
    return f"{body['error']}: {body['message']}"


@pytest.mark.parametrize("codec", ["VP8", "H264"])
async def test_pictures_come_back(connect: Connect, service: Service, codec: str) -> None:
    """In their order, their numbers still to be read; and they are counted."""
    client = await connect(codec)
    assert (await client.receive())["type"] == "connection_established"
    await eventually(lambda: len(client.pictures) >= 20, 15.0)
    await client.close()
    await service.settled()
    numbers = [number_of(picture) for picture in client.pictures]
    assert numbers == sorted(numbers)
    assert len(set(numbers)) >= 15
    document = await service.document()
    assert document.status is SessionStatus.DISCONNECTED
    assert document.frames_processed >= 20


@pytest.mark.parametrize("codec", ["VP8", "H264"])
async def test_aiortc_as_it_comes(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, codec: str
) -> None:
    """A version that is not known from inside is left alone; pictures come back all the same."""
    monkeypatch.setattr(private, "TESTED", "another")
    client = await connect(codec)
    await client.receive()
    await eventually(lambda: len(client.pictures) >= 20, 15.0)
    numbers = [number_of(picture) for picture in client.pictures]
    assert numbers == sorted(numbers)
    await client.send("set_look", look={"color": "#ffffff"})
    plain = stamped(0)[60:].mean()
    await eventually(lambda: abs(client.pictures[-1][60:].mean() - (255 - plain)) < 20, 15.0)


async def test_audio_before_the_video(service: Service) -> None:
    """All sections share the first one's transport: that is the one which is listened at."""
    client = RtcClient(service.caller.http, service.caller.url, audio_first=True)
    try:
        await client.connect()
        await eventually(lambda: len(client.pictures) > 5, 15.0)
        call = service.app[CALLS].find("s1")
        assert call is not None
        heard_s = call.peer.connection.end._heard_s
        await eventually(lambda: call.peer.connection.end._heard_s > heard_s, 15.0)
    finally:
        await client.close()
    await service.settled()


async def test_a_look_by_the_control_channel(connect: Connect) -> None:
    """The same messages as by WebSocket; the pictures change with the next frame."""
    client = await connect()
    await client.receive()
    await eventually(lambda: len(client.pictures) > 0, 15.0)
    await client.send("set_look", look={"color": "#ffffff"})
    answer = await client.receive()
    assert (answer["type"], answer["applied"]) == ("look_set", ["color"])
    plain = stamped(0)[60:].mean()
    await eventually(lambda: abs(client.pictures[-1][60:].mean() - (255 - plain)) < 20, 15.0)


async def test_figures_tell_of_the_link(connect: Connect) -> None:
    """The server's own, and what RTCP knows."""
    client = await connect()
    await eventually(lambda: any(of.get("link") for of in client.figures), 15.0)
    figures = client.figures[-1]
    assert figures["transport"] == "webrtc"
    assert figures["received"] >= figures["delivered"]
    assert figures["link"]["lost_in"] == 0
    await eventually(lambda: client.figures[-1]["link"]["clock"] is not None, 15.0)
    # The client's clock is this machine's own: its pictures are from just now.
    assert abs(client.figures[-1]["link"]["clock"]["at_ms"] / 1000.0 - time.time()) < 5


async def test_a_photo_in_parts(connect: Connect) -> None:
    """A data channel takes 64 KiB at once; a style photo is larger."""
    client = await connect()
    await client.receive()
    photo = text_of(jpeg(noise(300, 400)))
    text = json.dumps({"type": "set_style_image", "data": {"image_data": photo}})
    parts = [text[at : at + 30_000] for at in range(0, len(text), 30_000)]
    assert len(parts) > 2
    for index, part in enumerate(parts):
        await client.send("chunk", message_id="m1", index=index, count=len(parts), text=part)
    assert (await client.receive())["type"] == "style_set"


async def test_a_flooded_channel(connect: Connect) -> None:
    """Most of it is refused, in few words; pictures go on, and the session with them."""
    client = await connect()
    await client.receive()
    for _ in range(600):
        client.channel.send('{"type":"clear_look"}')
    answers = [await client.receive() for _ in range(50)]
    assert {answer["type"] for answer in answers} <= {"look_set", "error"}
    seen = len(client.arrived_s)
    await eventually(lambda: len(client.arrived_s) > seen + 20, 20.0)
    assert client.pc.connectionState == "connected"


async def test_a_message_without_an_end(connect: Connect, service: Service) -> None:
    """What is far larger than a data channel takes is not gathered: the client is hung up on."""
    client = await connect()
    await client.receive()
    assert client.pc.sctp is not None
    client.pc.sctp._remote_max_message_size = 0
    client.channel.send("x" * 4_000_000)
    await eventually(lambda: len(service.live) == 0, 60.0)


async def test_frames_do_not_come_by_the_control_channel(connect: Connect) -> None:
    """That is what the track is for."""
    client = await connect()
    await client.receive()
    await client.send("process_frame", frame_id="f1", frame_data="AAAA")
    answer = await client.receive()
    assert (answer["type"], answer["error"]) == ("error", "INVALID_MESSAGE")
    client.channel.send("no json")
    assert (await client.receive())["error"] == "INVALID_JSON"
    client.channel.send(b"bytes")
    assert (await client.receive())["error"] == "INVALID_JSON"


async def test_the_session_goes_on_in_another_connection(connect: Connect) -> None:
    """The earlier one is told, and ends; the look is kept."""
    earlier = await connect()
    await earlier.receive()
    await earlier.send("set_look", look={"color": "copper"})
    await earlier.receive()
    later = await connect()
    assert (await earlier.receive())["error"] == "SESSION_TAKEN_OVER"
    greeting = await later.receive()
    assert greeting["look"]["color"]
    await eventually(lambda: earlier.pc.connectionState == "closed", 15.0)


async def test_the_client_hangs_up(connect: Connect, service: Service) -> None:
    """DELETE where the answer said; after that there is no such call."""
    client = await connect()
    http = service.caller.http
    async with http.delete(client.location) as response:
        assert response.status == 200
    await service.settled()
    async with http.delete(client.location) as response:
        assert "NOT_FOUND" in await _error(response, 404)


async def test_hanging_up_is_for_the_call_that_is_meant(connect: Connect, service: Service) -> None:
    """A late farewell to an earlier call does not end the present one."""
    client = await connect()
    http = service.caller.http
    earlier = {"If-Match": '"earlier"'}
    async with http.delete(client.location, headers=earlier) as response:
        assert "ICE session" in await _error(response, 412)
    assert service.app[CALLS].open_count == 1
    present = {"If-Match": client.headers["Etag"]}
    async with http.delete(client.location, headers=present) as response:
        assert response.status == 200


async def test_anothers_call_is_nobodys(connect: Connect, service: Service) -> None:
    """Another user's id finds nothing, and cannot take the session."""
    client = await connect()
    http = service.caller.http
    async with http.delete(client.location.replace("u1", "u2")) as response:
        await _error(response, 404)
    other = client.location.replace("u1", "u2")
    async with http.post(other, data=OFFER, headers=SDP) as response:
        assert "SESSION_FORBIDDEN" in await _error(response, 403)
    assert len(service.live) == 1


async def test_answer_as_json(service: Service) -> None:
    """An offer in JSON is answered in JSON, as the report's clients speak."""
    body = {"type": "offer", "sdp": OFFER}
    async with service.caller.http.post(service.caller.url + PATH, json=body) as response:
        assert response.status == 201
        answer = await response.json()
        assert response.headers["Location"].endswith(PATH)
        assert response.headers["ETag"].startswith('"')
    assert answer["type"] == "answer"
    assert "a=candidate:" in answer["sdp"]
    assert "x-google-start-bitrate" in answer["sdp"]


@pytest.mark.parametrize(
    ("body", "content_type", "reason"),
    [
        ("", "application/sdp", "no session description"),
        (session(section("audio", "0", "a=rtpmap:96 opus/48000/2")), "application/sdp", "no video"),
        (session(section("video", "0", "a=rtpmap:96 AV1/90000")), "application/sdp", "no codec"),
        (session(*[section("video", str(n), VP8) for n in range(50)]), "application/sdp", "50"),
        (OFFER, "text/plain", "neither application/sdp"),
        ("{", "application/json", "no JSON"),
        ('{"sdp": "v=0"}', "application/json", '"type": "offer"'),
        ("x" * 70_000, "application/sdp", "more than 65536"),
        (b"\xff\xfe", "application/sdp", "not UTF-8"),
    ],
)
async def test_refused_offers(
    service: Service, body: str | bytes, content_type: str, reason: str
) -> None:
    """400 with the reason, and nothing is left behind."""
    headers = {"Content-Type": content_type}
    url = service.caller.url + PATH
    async with service.caller.http.post(url, data=body, headers=headers) as response:
        text = await _error(response, 400)
    assert reason in text
    assert len(service.live) == service.app[CALLS].open_count == 0


@pytest.mark.parametrize("path", ["s%20x?user_id=u1", "s1", "s1?user_id="])
async def test_ids_are_checked(service: Service, path: str) -> None:
    """As on the WebSocket's address."""
    url = f"{service.caller.url}/api/hair-tryOn/webrtc/{path}"
    async with service.caller.http.post(url, data=OFFER, headers=SDP) as response:
        assert "INVALID_" in await _error(response, 400)


async def test_a_full_server(start_service: StartService) -> None:
    """503, and when to come again."""
    service = await start_service(max_sessions=1)
    http, url = service.caller.http, service.caller.url
    async with http.post(url + PATH, data=OFFER, headers=SDP) as response:
        assert response.status == 201
    other = PATH.replace("s1", "s2")
    async with http.post(url + other, data=OFFER, headers=SDP) as response:
        assert "SERVER_FULL" in await _error(response, 503)
        assert int(response.headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (CREDENTIALS + CANDIDATE, {}, 204),
        (CREDENTIALS + CANDIDATE + "a=end-of-candidates\r\n", {"If-Match": "*"}, 204),
        (CREDENTIALS, {"If-Match": '"another"'}, 412),
        (CREDENTIALS, {"Content-Type": "text/plain"}, 415),
        ("a=candidate:x\r\n", {}, 400),
    ],
)
async def test_trickle(service: Service, body: str, headers: dict[str, str], status: int) -> None:
    """Further candidates are taken; others' are not."""
    http, url = service.caller.http, service.caller.url + PATH
    async with http.post(url, data=OFFER, headers=SDP) as response:
        assert response.status == 201
    async with http.patch(url, data=body, headers={**FRAGMENT, **headers}) as response:
        assert response.status == status
    other = url.replace("u1", "u2")
    async with http.patch(other, data=body, headers=FRAGMENT) as response:
        assert response.status == 404


async def test_ice_servers(start_service: StartService) -> None:
    """In a list of their own, and with each answer."""
    service = await start_service(turn="turn:127.0.0.1:3478", turn_secret="geheim")
    http, url = service.caller.http, service.caller.url
    async with http.get(url + "/api/hair-tryOn/ice-servers?user_id=u1") as response:
        servers = (await response.json())["iceServers"]
    assert servers[0]["urls"] == ["turn:127.0.0.1:3478"]
    assert servers[0]["credential"]
    async with http.post(url + PATH, data=OFFER, headers=SDP) as response:
        assert 'rel="ice-server"; username=' in response.headers["Link"]
