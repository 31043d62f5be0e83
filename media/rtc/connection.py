"""A call: video in, video out, and text beside it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from aiortc import RTCDataChannel

from media.coder import Coder
from media.rtc import aiortc_private as private
from media.rtc.answerer import Answerer, Bells, RtcOptions
from media.rtc.figures import (
    LinkFigures,
    LinkTotals,
    LossReport,
    last_loss,
    link_figures,
    link_totals,
)
from media.rtc.lane import Encoded
from media.rtc.offer import Offer
from media.rtc.path import DirectPath, VideoPath
from media.rtc.stock import StockPath
from media.rtc.video_codec import VideoCodec

CONTROL = "control"
"""The data channel's label."""


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
    """The server's end of a call. Made by an offer; `close` must be awaited."""

    def __init__(
        self, offer: Offer, options: RtcOptions, ears: Ears, now_s: Callable[[], float]
    ) -> None:
        self._ears = ears
        self._returns = offer.receives
        self._channel: RTCDataChannel | None = None
        self._last_loss: LossReport | None = None
        self.totals = LinkTotals()
        """As of the last figures."""
        self.codec: VideoCodec = offer.codec
        bells = Bells(ears.connected, ears.ended, self._on_channel)
        self.end = Answerer(offer, self.codec, options, bells, now_s)
        transceiver = self.end.transceiver
        self.is_direct = private.fits(transceiver.receiver, transceiver.sender)
        self._path: VideoPath = (
            DirectPath(self.codec, options.max_px, now_s, ears.video)
            if self.is_direct
            else StockPath(options.max_px, ears.video)
        )

    @property
    def coder(self) -> Coder:
        """How the pictures are read and written."""
        return self._path.coder

    @property
    def target_bps(self) -> int:
        """Bits a second that the picture that is sent may take."""
        return self._path.bitrate.bps

    async def answer(self) -> str:
        """See Answerer. Pictures come in from here on."""
        if self._returns:
            self.end.transceiver.sender.replaceTrack(self._path.track)
        self._path.attach(self.end.transceiver)
        return await self.end.answer()

    async def figures(self) -> LinkFigures:
        """What RTCP tells; what the client reports as lost lowers the bitrate."""
        reports = await self.end.reports()
        link, loss = link_figures(reports), last_loss(reports)
        self.totals = link_totals(reports, private.sources(self.end.transceiver.receiver))
        if loss is not None and loss != self._last_loss:
            self._path.bitrate.hear_loss(loss.share)
            self._last_loss = loss
        if link.round_trip_ms is not None:
            self._path.know_round_trip(link.round_trip_ms / 1000.0)
        return replace(link, clock=self._path.clock.pair)

    def send_video(self, frame: Encoded) -> None:
        """Send a picture, if the client wants any."""
        if self._returns:
            self._path.send(frame)

    def want_key(self) -> None:
        """Somebody else who watches needs a key frame."""
        self._path.want_key()

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
        await self.end.close()

    def _on_channel(self, channel: RTCDataChannel) -> None:
        if channel.label != CONTROL or self._channel is not None:
            channel.close()
            return
        self._channel = channel
        channel.on("message", self._on_message)
        self._ears.channel_open()

    def _on_message(self, message: str | bytes) -> None:
        self._ears.text(message if isinstance(message, str) else "")
