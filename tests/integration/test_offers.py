"""Offers as browsers and phones write them are answered, in the codec that suits them.

The fixtures follow what Safari on iOS, Chrome on Android and on the desktop (simulcast), Firefox
and the native SDKs of libwebrtc write; credentials and fingerprints are made up.
"""

import re
from pathlib import Path

import pytest

from media.rtc.offer import read_offer
from media.rtc.video_codec import VideoCodec
from tests.integration.service import Service

OFFERS = Path(__file__).parents[1] / "fixtures" / "offers"
EXPECTED = {
    "ios-safari": (VideoCodec.H264, 98),
    "android-chrome": (VideoCodec.H264, 100),
    "libwebrtc-ios": (VideoCodec.H264, 98),
    "libwebrtc-android": (VideoCodec.H264, 125),
    "chrome-simulcast": (VideoCodec.H264, 102),
    "firefox": (VideoCodec.H264, 126),
}
"""The codec, and the client's number for it: constrained baseline in whole packets."""


def _offer(name: str) -> str:
    return (OFFERS / f"{name}.sdp").read_bytes().decode()


def _sections(sdp: str) -> list[str]:
    return re.split(r"^(?=m=)", sdp, flags=re.MULTILINE)[1:]


def test_every_fixture_is_expected() -> None:
    """None is forgotten."""
    assert {path.stem for path in OFFERS.glob("*.sdp")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
async def test_the_answer(service: Service, name: str) -> None:
    """As many sections as were offered; the video's with one codec and its retransmission."""
    codec, payload_type = EXPECTED[name]
    offer = read_offer(_offer(name))
    assert offer.codec is codec
    url = f"{service.caller.url}/api/hair-tryOn/webrtc/s1?user_id=u1"
    headers = {"Content-Type": "application/sdp"}
    async with service.caller.http.post(url, data=_offer(name), headers=headers) as response:
        answer = await response.text()
        assert response.status == 201, answer
    offered, answered = _sections(_offer(name)), _sections(answer)
    assert [part.split(" ")[0] for part in offered] == [part.split(" ")[0] for part in answered]
    (video,) = [part for part in answered if part.startswith("m=video")]
    assert f"a=rtpmap:{payload_type} {codec}/90000" in video
    assert len(re.findall(r"a=rtpmap:\d+ (?!rtx)", video)) == 1
    assert f"a={offer.our_direction}" in video
    assert "a=rtcp-mux" in video
    for other in answered:
        if other.startswith("m=audio"):
            assert "a=inactive" in other
    async with service.caller.http.delete(url) as response:
        assert response.status == 200


@pytest.mark.parametrize("name", EXPECTED)
async def test_vp8_where_there_is_no_h264(service: Service, name: str) -> None:
    """All of them offer VP8 as well."""
    offer = _offer(name).replace("H264/90000", "H263/90000")
    assert read_offer(offer).codec is VideoCodec.VP8
    url = f"{service.caller.url}/api/hair-tryOn/webrtc/s1?user_id=u1"
    headers = {"Content-Type": "application/sdp"}
    async with service.caller.http.post(url, data=offer, headers=headers) as response:
        answer = await response.text()
        assert response.status == 201, answer
    assert "VP8/90000" in answer
    async with service.caller.http.delete(url) as response:
        assert response.status == 200
