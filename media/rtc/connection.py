"""One WebRTC connection, answered: video in, video out, and text beside it."""

import asyncio
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
    RTCRtpTransceiver,
    RTCSessionDescription,
)
from aiortc.sdp import candidate_from_sdp

from media.rtc import aiortc_private as private
from media.rtc.answer import with_addresses, with_start_bitrate
from media.rtc.coder import VideoCoder
from media.rtc.figures import LinkFigures, link_figures
from media.rtc.fragment import IceFragment
from media.rtc.inlet import Inlet
from media.rtc.lane import Encoded
from media.rtc.offer import Offer, OfferRejected
from media.rtc.outlet import Outlet
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
        self._loop = asyncio.get_running_loop()
        self.coder = VideoCoder(offer.codec, options.max_px, self._lost)
        self._outlet = Outlet(self.coder.want_key)
        self._inlet = Inlet(offer.codec, now_s, self._take)
        self._channel: RTCDataChannel | None = None
        self._pc = RTCPeerConnection(RTCConfiguration(iceServers=list(options.ice_servers)))
        self.heard_s = now_s()

    async def answer(self) -> str:
        """The SDP answer, with all addresses. Raises OfferRejected."""
        self._pc.on("datachannel", self._on_channel)
        self._pc.on("connectionstatechange", self._on_state)
        transceiver = self._add_video()
        try:
            offer = RTCSessionDescription(self._offer.sdp, "offer")
            await self._pc.setRemoteDescription(offer)
            for other in self._pc.getTransceivers():
                if other is not transceiver:
                    other.direction = "inactive"
            await self._pc.setLocalDescription(await self._pc.createAnswer())
        # aiortc raises whatever an offer that it did not expect happens to cause.
        except Exception as error:
            raise OfferRejected("an offer that cannot be answered") from error
        sdp = with_start_bitrate(self._pc.localDescription.sdp, self._offer.codec)
        return with_addresses(sdp, self._options.advertised)

    async def add_candidates(self, fragment: IceFragment) -> None:
        """Take in the client's further addresses. Raises OfferRejected."""
        if fragment.ufrag != self._offer.ufrag:
            raise OfferRejected("candidates of another ICE session")
        for line in fragment.candidates:
            candidate = candidate_from_sdp(line.removeprefix("candidate:"))
            candidate.sdpMid = self._offer.video_mid
            await self._pc.addIceCandidate(candidate)
        if fragment.is_last:
            await self._pc.addIceCandidate(None)

    async def figures(self) -> LinkFigures:
        """What RTCP tells; what the client reports as lost lowers the bitrate."""
        reports = await self._pc.getStats()
        link = link_figures(reports.values())
        self.coder.bitrate.hear_loss(link.lost_out)
        return link

    def send_video(self, frame: Encoded) -> None:
        """Send a picture, if the client wants any."""
        if self._offer.returns:
            self._outlet.put(frame)

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
        self._outlet.stop()
        await self._pc.close()

    def _add_video(self) -> RTCRtpTransceiver:
        """The transceiver that will answer the client's video, in the one codec that is spoken."""
        direction = "sendrecv" if self._offer.returns else "recvonly"
        transceiver = self._pc.addTransceiver(
            self._outlet if self._offer.returns else "video", direction
        )
        transceiver.setCodecPreferences(_only(self._offer.codec))
        private.tap(transceiver.receiver, self._inlet)
        private.plug(
            transceiver.sender,
            self._offer.codec,
            self.coder.bitrate.hear_estimate,
            self.coder.want_key,
        )
        ice = private.ice_of(transceiver.receiver.transport)
        private.watch(ice, self._hear)
        if self._options.listen:
            private.gather_from(ice, list(self._options.listen))
        return transceiver

    def _hear(self) -> None:
        self.heard_s = self._now_s()

    def _take(self, frame: Encoded) -> None:
        if not self.coder.put(frame):
            self._inlet.lose_key()
        self._ears.video(frame)

    def _lost(self) -> None:
        self._loop.call_soon_threadsafe(self._inlet.lose_key)

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
            self._ears.connected()
        elif state in ("closed", "failed"):
            self._ears.ended()


def _only(codec: VideoCodec) -> list[RTCRtpCodecCapability]:
    """This codec in all its variants, and retransmission."""
    spoken = (f"video/{codec}".lower(), "video/rtx")
    codecs = RTCRtpSender.getCapabilities("video").codecs
    return [one for one in codecs if one.mimeType.lower() in spoken]
