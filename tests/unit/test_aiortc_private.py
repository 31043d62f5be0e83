"""The private parts of aiortc that are replaced are still there; this fails when aiortc changes."""

import inspect

import aioice
import aiortc
import pytest
from aiortc import RTCPeerConnection
from aiortc.codecs.h264 import H264Encoder
from aiortc.codecs.vpx import Vp8Encoder
from aiortc.rtcrtpreceiver import RTCRtpReceiver
from aiortc.rtcrtpsender import RTCRtpSender
from aiortc.rtcsctptransport import RTCSctpTransport

from media.rtc import aiortc_private as private


def test_the_installed_version_is_the_tested_one() -> None:
    """With another one the service works as aiortc does by itself, slowly: see `fits`."""
    assert aiortc.__version__ == private.TESTED
    assert aioice.__version__ == "0.13.0"


async def test_the_parts_are_where_they_were() -> None:
    """Jitter buffer, encoder, request for a key frame, and the ICE connection."""
    pc = RTCPeerConnection()
    transceiver = pc.addTransceiver("video")
    try:
        assert private.fits(transceiver.receiver, transceiver.sender)
        ice = private.ice_of(transceiver.receiver.transport)
        for name in ("request_received", "data_received", "get_component_candidates"):
            assert callable(getattr(ice, name))
        transport = transceiver.receiver.transport.transport
        assert transport._recv == ice.recv
        assert transport._send == ice.send
    finally:
        await pc.close()


@pytest.mark.parametrize(
    ("owner", "words"),
    [
        (RTCRtpReceiver._handle_rtp_packet, "self.__jitter_buffer.add(packet)"),
        (RTCRtpReceiver._handle_rtp_packet, "packet._data = depayload("),
        (RTCRtpSender._next_encoded_frame, "self.__encoder.pack(data)"),
        (RTCRtpSender._handle_rtcp_packet, "self._send_keyframe()"),
        (RTCRtpSender._handle_rtcp_packet, "self.__encoder.target_bitrate = bitrate"),
        (RTCPeerConnection.setRemoteDescription, "asyncio.ensure_future(self.__connect())"),
        (RTCSctpTransport._receive_chunk, "await self._receive_data_chunk(chunk)"),
        (aioice.Connection.connect, "create_task(self.query_consent())"),
        (aioice.Connection.close, "self._closing = True"),
        (H264Encoder.pack, "packet.pts"),
        (Vp8Encoder.pack, "packet.pts"),
    ],
)
def test_they_are_used_as_they_were(owner: object, words: str) -> None:
    """In the very words: what is put in their place must answer as they did."""
    assert words in inspect.getsource(owner)  # type: ignore[arg-type]


async def test_a_connection_that_does_not_come_about_is_no_error() -> None:
    """The task in which aiortc connects has nobody who would hear of it."""
    pc = RTCPeerConnection()
    setattr(pc, private._CONNECT, _broken)
    private.connect_quietly(pc)
    await getattr(pc, private._CONNECT)()
    await pc.close()


async def _broken() -> None:
    raise AssertionError
