"""The way of the pictures through a connection: in from the receiver, out by the sender."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from aiortc import MediaStreamTrack, RTCRtpSender, RTCRtpTransceiver

from media.coder import Coder
from media.rtc import aiortc_private as private
from media.rtc.bitrate import BitrateControl
from media.rtc.capture_clock import CaptureClock
from media.rtc.coder import VideoCoder
from media.rtc.inlet import Inlet
from media.rtc.lane import Encoded
from media.rtc.outlet import Outlet
from media.rtc.video_codec import VideoCodec


class VideoPath(Protocol):
    """Either of two ways. ``track`` is what is sent."""

    track: MediaStreamTrack
    coder: Coder
    bitrate: BitrateControl
    clock: CaptureClock

    def attach(self, transceiver: RTCRtpTransceiver) -> None:
        """Take a transceiver's pictures, before anything flows."""
        ...

    def send(self, frame: Encoded) -> None:
        """Send a picture that the coder has written."""
        ...

    def want_key(self) -> None:
        """The next picture must stand by itself."""
        ...

    def know_round_trip(self, round_trip_s: float) -> None:
        """What the reports say of the way to the client."""
        ...

    async def close(self) -> None:
        """Let go of everything."""
        ...


class DirectPath:
    """Past aiortc's queues and codecs: frames are handed over still encoded, at their marker."""

    def __init__(
        self,
        codec: VideoCodec,
        max_px: int,
        now_s: Callable[[], float],
        took: Callable[[Encoded], None],
    ) -> None:
        self._codec = codec
        self._took = took
        self._loop = asyncio.get_running_loop()
        self._inlet = Inlet(codec, now_s, self._take)
        video_coder = VideoCoder(codec, max_px, ask=self._ask, lost=self._lost)
        self._video_coder = video_coder
        self._outlet = Outlet(video_coder.want_key, self._note_sent)
        self._sender: RTCRtpSender | None = None
        self.clock = CaptureClock(lambda: self._inlet.offset)
        self.coder: Coder = video_coder
        self.bitrate = video_coder.bitrate
        self.track: MediaStreamTrack = self._outlet

    def attach(self, transceiver: RTCRtpTransceiver) -> None:
        """See VideoPath."""
        self._sender = transceiver.sender
        private.hear_reports(transceiver.receiver, self.clock.hear_report)
        private.tap(transceiver.receiver, self._inlet)
        private.plug(
            transceiver.sender, self._codec, self.bitrate.hear_estimate, self._video_coder.want_key
        )

    def send(self, frame: Encoded) -> None:
        """See VideoPath."""
        self._outlet.put(frame)

    def want_key(self) -> None:
        """See VideoPath."""
        self._video_coder.want_key()

    def know_round_trip(self, round_trip_s: float) -> None:
        """See VideoPath."""
        self._inlet.know_round_trip(round_trip_s)

    async def close(self) -> None:
        """See VideoPath."""
        self._outlet.stop()

    def _take(self, frame: Encoded) -> None:
        if not self._video_coder.put(frame):
            self._inlet.lose_key()
        self._took(frame)

    def _note_sent(self, timestamp: int) -> None:
        if self._sender is not None and not self.clock.is_set:
            self.clock.see_sent(timestamp, private.sent_timestamp(self._sender))

    def _ask(self) -> None:
        self._loop.call_soon_threadsafe(self._inlet.ask_key)

    def _lost(self) -> None:
        self._loop.call_soon_threadsafe(self._inlet.lose_key)
