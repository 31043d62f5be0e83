"""A peer connection that answers one offer: what calls and their viewers have in common."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from aiortc import (
    RTCConfiguration,
    RTCDataChannel,
    RTCIceServer,
    RTCPeerConnection,
    RTCRtpCodecCapability,
    RTCRtpSender,
    RTCSessionDescription,
)

from media.rtc import aiortc_private as private
from media.rtc.answer import with_addresses, with_start_bitrate
from media.rtc.candidates import checked
from media.rtc.fragment import IceFragment
from media.rtc.ice_link import IceLink, LocalIce
from media.rtc.offer import Offer, OfferRejected
from media.rtc.video_codec import VideoCodec

CONNECT_S = 20.0
"""An offer whose client has not connected by then is forgotten."""
CLOSE_S = 5.0
SILENCE_S = 14.0
"""A client of which nothing at all is heard for so long is gone: browsers speak every 2.5 s. Until
then it may come back, by the same way or by another one (ICE restart)."""


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


@dataclass(frozen=True, slots=True)
class Bells:
    """Who is told of a connection: each is called on the loop, and quick."""

    connected: Callable[[], None]
    ended: Callable[[], None]
    channel: Callable[[RTCDataChannel], None]


class Answerer:
    """Our end. ``close`` must be awaited."""

    def __init__(
        self,
        offer: Offer,
        codec: VideoCodec,
        options: RtcOptions,
        bells: Bells,
        now_s: Callable[[], float],
    ) -> None:
        self._offer = offer
        self._codec = codec
        self._options = options
        self._bells = bells
        self._now_s = now_s
        self._began_s = self._heard_s = now_s()
        self._ufrag = offer.ufrag
        self.is_connected = False
        self._pc = RTCPeerConnection(RTCConfiguration(iceServers=list(options.ice_servers)))
        private.connect_quietly(self._pc)
        self.transceiver = self._pc.addTransceiver("video", offer.our_direction)
        self.transceiver.setCodecPreferences(_only(codec))
        self._link: IceLink | None = None

    @property
    def is_gone(self) -> bool:
        """Whether the client has fallen silent, or has never come."""
        silent_s = self._now_s() - self._heard_s
        if not self.is_connected:
            return self._now_s() - self._began_s > CONNECT_S
        hears = self._link is not None and self._link.hears
        return hears and silent_s > SILENCE_S

    @property
    def ice_id(self) -> str:
        """Names the ICE session: our side of its credentials."""
        return self._link.ufrag if self._link is not None else ""

    async def answer(self) -> str:
        """The SDP answer, with all addresses. Raises OfferRejected."""
        self._pc.on("datachannel", self._bells.channel)
        self._pc.on("connectionstatechange", self._on_state)
        try:
            sdp = checked(self._offer.sdp, self._options.listen)
            await self._pc.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
            self._take_transport()
            await self._pc.setLocalDescription(await self._pc.createAnswer())
        # aiortc raises whatever an offer that it did not expect happens to cause.
        except Exception as error:
            raise OfferRejected("an offer that cannot be answered") from error
        answer = with_start_bitrate(self._pc.localDescription.sdp, self._codec)
        return with_addresses(answer, self._options.advertised)

    async def add_candidates(self, fragment: IceFragment) -> None:
        """Take in the client's further addresses. Raises OfferRejected."""
        if self._link is not None:
            await self._link.add(fragment)

    def is_restart(self, fragment: IceFragment) -> bool:
        """Whether the client begins a new ICE session with it."""
        return fragment.ufrag != self._ufrag

    async def restart(self, fragment: IceFragment) -> LocalIce:
        """Look for another way to the client, while the call goes on. Raises OfferRejected."""
        if self._link is None or not self.is_connected:
            raise OfferRejected("a new ICE session before the first one has come about")
        self._ufrag = fragment.ufrag
        ours = await self._link.restart(fragment)
        lines = "".join(f"a={one}\r\n" for one in ours.candidates)
        moved = with_addresses(lines, self._options.advertised).splitlines()
        return replace(ours, candidates=tuple(line.removeprefix("a=") for line in moved))

    async def reports(self) -> list[Any]:
        """aiortc's statistics."""
        return list((await self._pc.getStats()).values())

    async def close(self) -> None:
        """Hang up, and let go of everything."""
        if self._link is not None:
            await self._link.close()
        try:
            async with asyncio.timeout(CLOSE_S):
                await self._pc.close()
        except (TimeoutError, AttributeError):
            # aiortc waits for ever for a task of its own that a client has made fail, and stumbles
            # over what an offer that it could not answer has left half made.
            if self._link is not None:
                await self._link.abandon()

    def _take_transport(self) -> None:
        """The one transport that is left of all sections, when the offer has been read: aiortc
        gives them that of the first one, which need not be the video's."""
        for other in self._pc.getTransceivers():
            if other is not self.transceiver:
                other.direction = "inactive"
            if self._options.listen:
                ice = private.ice_of(other.receiver.transport)
                private.gather_from(ice, list(self._options.listen))
        transport = self.transceiver.receiver.transport
        self._link = IceLink(transport.transport, self._options.listen, self._hear)
        if private.fits(self.transceiver.receiver, self.transceiver.sender):
            private.watch_media(transport, self._hear)
            private.bound_sources(self.transceiver.receiver)
        if self._pc.sctp is not None:
            private.bound_messages(self._pc.sctp, self._bells.ended)

    def _hear(self) -> None:
        self._heard_s = self._now_s()

    def _on_state(self) -> None:
        state = self._pc.connectionState
        if state == "connected":
            self.is_connected = True
            self._bells.connected()
        # What fails later may come back by an ICE restart; silence is watched by others.
        elif state == "closed" or (state == "failed" and not self.is_connected):
            self._bells.ended()


def _only(codec: VideoCodec) -> list[RTCRtpCodecCapability]:
    """This codec in all its variants, and retransmission."""
    spoken = (f"video/{codec}".lower(), "video/rtx")
    codecs = RTCRtpSender.getCapabilities("video").codecs
    return [one for one in codecs if one.mimeType.lower() in spoken]
