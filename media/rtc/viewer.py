"""Somebody who watches another's call: pictures out, nothing in."""

from collections.abc import Callable

from media.rtc import aiortc_private as private
from media.rtc.answerer import Answerer, Bells, RtcOptions
from media.rtc.figures import LinkTotals, link_totals
from media.rtc.lane import Encoded
from media.rtc.offer import Offer
from media.rtc.outlet import Outlet
from media.rtc.video_codec import VideoCodec


class RtcViewer:
    """The server's end of a viewer's connection. ``want_key`` is called when the viewer cannot go
    on, or begin, without a key frame; ``ended`` when it has left."""

    def __init__(
        self,
        offer: Offer,
        codec: VideoCodec,
        options: RtcOptions,
        *,
        want_key: Callable[[], None],
        ended: Callable[[], None],
        now_s: Callable[[], float],
    ) -> None:
        bells = Bells(want_key, ended, lambda channel: channel.close())
        self.end = Answerer(offer, codec, options, bells, now_s)
        self._outlet = Outlet(want_key)
        sender = self.end.transceiver.sender
        sender.replaceTrack(self._outlet)
        private.plug(sender, codec, lambda _: None, want_key)

    def send(self, frame: Encoded) -> None:
        """Send a picture."""
        if self.end.is_connected:
            self._outlet.put(frame)

    async def totals(self) -> LinkTotals:
        """What has passed by now."""
        return link_totals(await self.end.reports(), ())

    async def close(self) -> None:
        """Hang up, and let go of everything."""
        self._outlet.stop()
        await self.end.close()
