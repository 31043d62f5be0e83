"""One WebRTC connection, answered: video in, video out, and text beside it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from aiortc import (
    RTCConfiguration,
    RTCDataChannel,
    RTCIceServer,
    RTCPeerConnection,
    RTCRtpCodecCapability,
    RTCRtpSender,
    RTCSessionDescription,
)

from media.coder import Coder
from media.rtc import aiortc_private as private
from media.rtc.answer import with_addresses, with_start_bitrate
from media.rtc.figures import LinkFigures, link_figures
from media.rtc.fragment import IceFragment
from media.rtc.ice_link import IceLink, LocalIce
from media.rtc.lane import Encoded
from media.rtc.offer import Offer, OfferRejected
from media.rtc.path import DirectPath, VideoPath
from media.rtc.stock import StockPath
from media.rtc.video_codec import VideoCodec

CONTROL = "control"
"""The data channel's label."""


@dataclass(frozen=True, slots=True)
class RtcOptions:
    """How connections are made.

    ``max_px`` is the largest picture; ``listen`` are the addresses to be reached at (none: all of
    the machine's but loopback), ``advertised`` what clients are told in their place.
    """

    max_px: int
    listen: tuple[str, ...] = ()
    advertised: tuple[str, ...] = ()
    ice_servers: tuple[RTCIceServer, ...] = ()


class Ears(Protocol):
    """Who is told what comes in; called on the loop, and quick."""

    def video(self, frame: Encoded) -> None:
        """A whole frame."""
        ...

    def text(self, text: str) -> None:
        """A message of the data channel."""
        ...

    def channel_open(self) -> None:
        """Text can be sent from now on."""
        ...

    def connected(self) -> None:
        """Pictures can be sent from now on."""
        ...

    def ended(self) -> None:
        """The client has hung up, or could not be reached."""
        ...


class RtcConnection:
    """The server's end of a peer connection. Made by an offer; `close` must be awaited."""

    def __init__(
        self, offer: Offer, options: RtcOptions, ears: Ears, now_s: Callable[[], float]
    ) -> None:
        self._offer = offer
        self._options = options
        self._ears = ears
        self._now_s = now_s
        self._channel: RTCDataChannel | None = None
        self._was_connected = False
        self._pc = RTCPeerConnection(RTCConfiguration(iceServers=list(options.ice_servers)))
        self._transceiver = self._pc.addTransceiver("video", _direction(offer))
        self._transceiver.setCodecPreferences(_only(offer.codec))
        self._path = self._new_path()
        self._heard_s = now_s()
        transport = self._transceiver.receiver.transport.transport
        self._link = IceLink(transport, options.listen, self._hear)
        self._ufrag = offer.ufrag

    @property
    def heard_s(self) -> float:
        """When the client was last heard, on the clock that was handed in."""
        return self._heard_s if self._link.hears else self._now_s()

    @property
    def coder(self) -> Coder:
        """How the pictures are read and written."""
        return self._path.coder

    async def answer(self) -> str:
        """The SDP answer, with all addresses. Raises OfferRejected."""
        self._pc.on("datachannel", self._on_channel)
        self._pc.on("connectionstatechange", self._on_state)
        self._prepare()
        try:
            offer = RTCSessionDescription(self._offer.sdp, "offer")
            await self._pc.setRemoteDescription(offer)
            for other in self._pc.getTransceivers():
                if other is not self._transceiver:
                    other.direction = "inactive"
            await self._pc.setLocalDescription(await self._pc.createAnswer())
        # aiortc raises whatever an offer that it did not expect happens to cause.
        except Exception as error:
            raise OfferRejected("an offer that cannot be answered") from error
        sdp = with_start_bitrate(self._pc.localDescription.sdp, self._offer.codec)
        return with_addresses(sdp, self._options.advertised)

    async def add_candidates(self, fragment: IceFragment) -> None:
        """Take in the client's further addresses. Raises OfferRejected."""
        if fragment.ufrag != self._ufrag:
            raise OfferRejected("candidates of another ICE session")
        await self._link.add(fragment)

    def is_restart(self, fragment: IceFragment) -> bool:
        """Whether the client begins a new ICE session with it."""
        return fragment.ufrag != self._ufrag

    async def restart(self, fragment: IceFragment) -> LocalIce:
        """Look for another way to the client, while the call goes on."""
        self._ufrag = fragment.ufrag
        return await self._link.restart(fragment)

    async def figures(self) -> LinkFigures:
        """What RTCP tells; what the client reports as lost lowers the bitrate."""
        reports = await self._pc.getStats()
        link = link_figures(reports.values())
        self._path.bitrate.hear_loss(link.lost_out)
        return link

    def send_video(self, frame: Encoded) -> None:
        """Send a picture, if the client wants any."""
        if self._offer.returns:
            self._path.send(frame)

    def send_text(self, text: str) -> bool:
        """Send a message; False where there is no open channel."""
        channel = self._channel
        if channel is None or channel.readyState != "open":
            return False
        channel.send(text)
        return True

    @property
    def unsent_bytes(self) -> int:
        """What of the messages waits for the client."""
        return self._channel.bufferedAmount if self._channel is not None else 0

    async def close(self) -> None:
        """Hang up, and let go of everything."""
        await self._path.close()
        await self._link.close()
        await self._pc.close()

    def _new_path(self) -> VideoPath:
        transceiver, options = self._transceiver, self._options
        if private.fits(transceiver.receiver, transceiver.sender):
            return DirectPath(self._offer.codec, options.max_px, self._now_s, self._ears.video)
        return StockPath(options.max_px, self._ears.video)

    def _prepare(self) -> None:
        """Before anything flows: whose pictures go where, and where we are to be reached."""
        if self._offer.returns:
            self._transceiver.sender.replaceTrack(self._path.track)
        self._path.attach(self._transceiver)

    def _hear(self) -> None:
        self._heard_s = self._now_s()

    def _on_channel(self, channel: RTCDataChannel) -> None:
        if channel.label != CONTROL or self._channel is not None:
            channel.close()
            return
        self._channel = channel
        channel.on("message", self._on_message)
        self._ears.channel_open()

    def _on_message(self, message: str | bytes) -> None:
        self._ears.text(message if isinstance(message, str) else "")

    def _on_state(self) -> None:
        state = self._pc.connectionState
        if state == "connected":
            self._was_connected = True
            self._ears.connected()
        # What fails later may come back by an ICE restart; silence is watched by others.
        elif state == "closed" or (state == "failed" and not self._was_connected):
            self._ears.ended()


def _direction(offer: Offer) -> str:
    return "sendrecv" if offer.returns else "recvonly"


def _only(codec: VideoCodec) -> list[RTCRtpCodecCapability]:
    """This codec in all its variants, and retransmission."""
    spoken = (f"video/{codec}".lower(), "video/rtx")
    codecs = RTCRtpSender.getCapabilities("video").codecs
    return [one for one in codecs if one.mimeType.lower() in spoken]
