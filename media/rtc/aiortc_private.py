"""All that touches aiortc from behind: its jitter buffer, its encoder, its ICE connection.

aiortc 1.16 hands a frame over when the first packet of the next one has come, queues without
bounds, and encodes slowly; nothing of that can be set. So three of its private parts are replaced.
Where they are not as they were when this was tested, `fits` says so, and the caller leaves aiortc
as it is.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, Protocol

import aioice
import aiortc
from aiortc import (
    RTCDtlsTransport,
    RTCIceTransport,
    RTCPeerConnection,
    RTCRtpReceiver,
    RTCRtpSender,
    RTCSctpTransport,
)
from aiortc.codecs.h264 import H264Encoder
from aiortc.codecs.vpx import Vp8Encoder
from aiortc.rtp import RtcpSrPacket
from av import Packet

from media.rtc.figures import Source
from media.rtc.inlet import Inlet
from media.rtc.video_codec import VideoCodec

TESTED: Final = "1.16.0"
MAX_SOURCES = 24
"""A sender has one, or two with retransmission, and may begin anew now and then."""
MAX_FRAGMENTS, MAX_STREAMS = 1500, 16
"""A message of 64 KiB has 55 fragments, and many may wait for one that was lost; a client has one
data channel."""
_BUFFER: Final = "_RTCRtpReceiver__jitter_buffer"
_NACKS: Final = "_RTCRtpReceiver__nack_generator"
_ENCODER: Final = "_RTCRtpSender__encoder"
_CONNECT: Final = "_RTCPeerConnection__connect"
_TIMESTAMP: Final = "_RTCRtpSender__rtp_timestamp"
_SOURCES: Final = "_RTCRtpReceiver__remote_streams"


def fits(receiver: RTCRtpReceiver, sender: RTCRtpSender) -> bool:
    """Whether this is the aiortc that we know from inside."""
    return (
        aiortc.__version__ == TESTED
        and hasattr(getattr(receiver, _BUFFER, None), "add")
        and hasattr(receiver, _NACKS)
        and hasattr(sender, _ENCODER)
        and hasattr(sender, _TIMESTAMP)
        and hasattr(sender, "_send_keyframe")
        and hasattr(receiver, "_handle_rtcp_packet")
        and hasattr(receiver, "_handle_rtp_packet")
        and hasattr(receiver, "_send_rtcp_nack")
    )


class _Buffer:
    """An inlet, as the receiver speaks to its jitter buffer."""

    def __init__(self, inlet: Inlet) -> None:
        self._inlet = inlet
        self.source = 0

    def add(self, packet: Any) -> tuple[bool, None]:
        """Whether to send a PLI, and never a frame: those have gone their own way."""
        self.source = packet.ssrc
        fragment = self._inlet.fragment(
            packet.sequence_number,
            packet.timestamp,
            is_last=bool(packet.marker),
            payload=packet.payload,
            data=packet._data,
        )
        return self._inlet.add(fragment), None


class _Packer:
    """Our encoder, as the sender speaks to it: what comes is encoded already."""

    def __init__(self, codec: VideoCodec, estimated: Callable[[int], None]) -> None:
        self._packer = H264Encoder() if codec is VideoCodec.H264 else Vp8Encoder()
        self._estimated = estimated
        self._bps = 0

    def pack(self, packet: "Packet[Any]") -> tuple[list[bytes], int]:
        """RTP payloads and the timestamp."""
        return self._packer.pack(packet)

    @property
    def target_bitrate(self) -> int:
        """What the receiver believes to get through, bits/s."""
        return self._bps

    @target_bitrate.setter
    def target_bitrate(self, bps: int) -> None:
        self._bps = bps
        self._estimated(bps)


def tap(receiver: RTCRtpReceiver, inlet: Inlet) -> None:
    """Hand what comes in to the inlet instead of to aiortc's decoder, and ask for lost packets
    until they come: aiortc does so once, and counts up to 32,000 of them one by one."""
    buffer, take = _Buffer(inlet), receiver._handle_rtp_packet
    setattr(receiver, _BUFFER, buffer)
    setattr(receiver, _NACKS, None)

    async def handle_rtp_packet(packet: Any, arrival_time_ms: int) -> None:
        await take(packet, arrival_time_ms)
        if missing := inlet.asked():
            await receiver._send_rtcp_nack(buffer.source, missing)

    vars(receiver).update(_handle_rtp_packet=handle_rtp_packet)


def plug(
    sender: RTCRtpSender,
    codec: VideoCodec,
    estimated: Callable[[int], None],
    key_wanted: Callable[[], None],
) -> None:
    """Let the sender take encoded packets, and tell what the receiver asks for."""
    setattr(sender, _ENCODER, _Packer(codec, estimated))
    vars(sender).update(_send_keyframe=key_wanted)


def sent_timestamp(sender: RTCRtpSender) -> int:
    """The RTP timestamp of the packet that was sent last."""
    timestamp: int = getattr(sender, _TIMESTAMP)
    return timestamp


def hear_reports(receiver: RTCRtpReceiver, heard: Callable[[int, int], None]) -> None:
    """Call ``heard`` with the client's own clock (NTP, 64 bits) and the RTP timestamp of the same
    moment, as its sender reports have them."""
    handle = receiver._handle_rtcp_packet

    async def handle_rtcp_packet(packet: Any) -> None:
        if isinstance(packet, RtcpSrPacket):
            heard(packet.sender_info.ntp_timestamp, packet.sender_info.rtp_timestamp)
        await handle(packet)

    vars(receiver).update(_handle_rtcp_packet=handle_rtcp_packet)


class Link(Protocol):
    """What an ICE connection is to those above it."""

    async def recv(self) -> bytes:
        """The next datagram. Raises ConnectionError."""
        ...

    async def send(self, data: bytes) -> None:
        """Send a datagram. Raises ConnectionError."""
        ...


def ice_of(transport: RTCDtlsTransport) -> aioice.Connection:
    """The ICE connection of a transport."""
    return ice_beneath(transport.transport)


def ice_beneath(transport: RTCIceTransport) -> aioice.Connection:
    """The same, one floor lower."""
    connection: aioice.Connection = transport._connection
    return connection


def helpers_of(connection: aioice.Connection) -> dict[str, Any]:
    """The STUN and TURN servers that a connection uses, for another one."""
    names = ("stun_server", "turn_server", "turn_username", "turn_password", "turn_ssl")
    return {name: getattr(connection, name) for name in (*names, "turn_transport")}


def watch(connection: aioice.Connection, heard: Callable[[], None]) -> bool:
    """Call ``heard`` for each check of the client's that is signed as it should be; False if this
    aioice has no place to listen at."""
    take = getattr(connection, "request_received", None)
    if take is None:
        return False

    def request_received(message: Any, address: Any, protocol: Any) -> None:
        if message.check_message_integrity(connection.local_password.encode()):
            heard()
        take(message, address, protocol)

    vars(connection).update(request_received=request_received)
    return True


def watch_media(transport: RTCDtlsTransport, heard: Callable[[], None]) -> None:
    """Call ``heard`` for each packet of media that can be decrypted, and each report."""
    take_media, take_report = transport._handle_rtp_data, transport._handle_rtcp_data

    async def handle_rtp_data(data: bytes, arrival_time_ms: int) -> None:
        heard()
        await take_media(data, arrival_time_ms)

    async def handle_rtcp_data(data: bytes) -> None:
        heard()
        await take_report(data)

    vars(transport).update(_handle_rtp_data=handle_rtp_data, _handle_rtcp_data=handle_rtcp_data)


def sources(receiver: RTCRtpReceiver) -> list[Source]:
    """All streams that have come in; none where they are not where we know them."""
    return list(getattr(receiver, _SOURCES, {}).values())


def bound_sources(receiver: RTCRtpReceiver) -> None:
    """Pass over packets of ever more sources: aiortc keeps figures of each for ever, and its
    reports fail, for good, when they do not fit into a packet."""
    take = receiver._handle_rtp_packet
    sources = set[int]()

    async def handle_rtp_packet(packet: Any, arrival_time_ms: int) -> None:
        if packet.ssrc not in sources:
            if len(sources) >= MAX_SOURCES:
                return
            sources.add(packet.ssrc)
        await take(packet, arrival_time_ms)

    vars(receiver).update(_handle_rtp_packet=handle_rtp_packet)


def mend(connection: aioice.Connection) -> None:
    """aioice 0.13 goes on asking for consent, for ever, where a connection was closed in the moment
    in which it came about."""
    ask = getattr(connection, "query_consent", None)
    if ask is None:
        return

    async def query_consent() -> None:
        if not getattr(connection, "_closing", False):
            await ask()

    vars(connection).update(query_consent=query_consent)


def connect_quietly(pc: RTCPeerConnection) -> None:
    """aiortc connects in a task that nobody awaits, and which fails where a client hangs up
    meanwhile or has offered nonsense. Who has not connected in time is forgotten anyway."""
    connect = getattr(pc, _CONNECT, None)
    if connect is None:
        return

    async def try_to_connect() -> None:
        with suppress(Exception):
            await connect()

    vars(pc).update({_CONNECT: try_to_connect})


def bound_messages(sctp: RTCSctpTransport, flooded: Callable[[], None]) -> None:
    """Call ``flooded`` for a message that does not end: aiortc keeps all of its fragments, however
    many, and looks through all of them with each one that comes."""
    receive = getattr(sctp, "_receive_data_chunk", None)
    if receive is None:
        return

    async def receive_data_chunk(chunk: Any) -> None:
        await receive(chunk)
        streams = sctp._inbound_streams
        stream = streams.get(chunk.stream_id)
        waiting = len(stream.reassembly) if stream is not None else 0
        if waiting > MAX_FRAGMENTS or len(streams) > MAX_STREAMS:
            flooded()

    vars(sctp).update(_receive_data_chunk=receive_data_chunk)


def gather_from(connection: aioice.Connection, chosen: list[str]) -> None:
    """Let ICE offer these addresses, and not all that the machine has."""
    gather = connection.get_component_candidates

    async def get_component_candidates(
        component: int,
        addresses: list[str],
        timeout: int = 5,
    ) -> list[aioice.Candidate]:
        return await gather(component, chosen, timeout)

    vars(connection).update(get_component_candidates=get_component_candidates)


def replace_link(ice: RTCIceTransport, connection: aioice.Connection, link: Link) -> None:
    """Put another ICE connection beneath what runs above, as after an ICE restart."""
    ice._connection = connection
    ice._recv, ice._send = link.recv, link.send
