"""One WebRTC session of the load generator: sends a film and times the pictures that return."""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from aiortc import RTCPeerConnection, RTCRtpSender, RTCSessionDescription

from media.rtc import aiortc_private as private
from media.rtc.inlet import Inlet
from media.rtc.lane import Encoded
from media.rtc.outlet import Outlet
from media.rtc.video_codec import CLOCK_HZ, VideoCodec
from tests.bench.host import HOST
from tests.bench.plan import DELIVERED, LoadPlan, SessionReport
from tests.bench.rtc_film import FRAMES, Film, Reader
from tests.bench.tally import Tally, Window
from tests.bench.wire import Answer

CONNECT_S = 20.0
DRAIN_S = 1.0
"""How long the last pictures may take after the last frame."""
UNANSWERED = "dropped"


class RtcBenchClient:
    """A connected session. The latency of a frame counts from the moment it was due, to the picture
    with its number, decoded."""

    def __init__(self, plan: LoadPlan, rate_fps: float, film: Film) -> None:
        self._plan = plan
        self._film = film
        self._codec = VideoCodec(plan.protocol.upper())
        self._step = round(CLOCK_HZ / rate_fps)
        self._place = 0
        self._places: list[int] = []
        self._first: int | None = None
        self._reader = Reader(self._codec)
        self._outlet = Outlet(lambda: None)
        self._inlet = Inlet(self._codec, time.monotonic, self._took)
        self._pc = RTCPeerConnection()
        self.rate_fps = rate_fps
        self.tally = Tally(Window(0.0, 0.0))
        self.errors: list[str] = []

    async def connect(self, http: aiohttp.ClientSession) -> None:
        """Offer, take the answer, put the look on."""
        transceiver = self._pc.addTransceiver(self._outlet, "sendrecv")
        spoken = (f"video/{self._codec}".lower(), "video/rtx")
        codecs = RTCRtpSender.getCapabilities("video").codecs
        transceiver.setCodecPreferences([one for one in codecs if one.mimeType.lower() in spoken])
        private.tap(transceiver.receiver, self._inlet)
        private.plug(transceiver.sender, self._codec, lambda _: None, self._begin_anew)
        private.gather_from(private.ice_of(transceiver.receiver.transport), [HOST])
        if self._plan.look is not None:
            channel = self._pc.createDataChannel("control")
            look = json.dumps({"type": "set_look", "data": {"look": self._plan.look}})
            channel.on("open", lambda: channel.send(look))
        await self._pc.setLocalDescription(await self._pc.createOffer())
        url = f"http://{HOST}:{self._plan.port}/api/hair-tryOn/webrtc/{uuid.uuid4()}?user_id=bench"
        offer, headers = self._pc.localDescription.sdp, {"Content-Type": "application/sdp"}
        async with http.post(url, data=offer, headers=headers) as response:
            response.raise_for_status()
            answer = RTCSessionDescription(await response.text(), "answer")
        await self._pc.setRemoteDescription(answer)
        async with asyncio.timeout(CONNECT_S):
            while self._pc.connectionState != "connected":  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    async def run(self, window: Window, first_s: float) -> None:
        """Send from ``first_s`` to the end of the window."""
        self.tally = Tally(window)
        interval_s, due_s = 1.0 / self.rate_fps, first_s
        while due_s < window.end_s:
            await asyncio.sleep(max(0.0, due_s - time.monotonic()))
            number = self.tally.send(due_s)
            if number == 0:
                self._begin_anew()
            is_key = self._place % FRAMES == 0
            self._outlet.put(Encoded(number * self._step, self._film.at(self._place), is_key))
            self._places.append(self._place)
            self._place += 1
            due_s += interval_s
        await asyncio.sleep(DRAIN_S)

    def report(self) -> SessionReport:
        """What became of the frames; those that did not come back were dropped by the server."""
        self.tally.give_up(UNANSWERED)
        return self.tally.report(self.rate_fps)

    async def close(self) -> None:
        """Hang up."""
        self._outlet.stop()
        await self._pc.close()

    def _number_of(self, read: int) -> int:
        """The newest frame that carried this place of the film."""
        return max(n for n, place in enumerate(self._places) if place % FRAMES == read)

    def _begin_anew(self) -> None:
        """The receiver wants a key frame: the film begins with one."""
        self._place = 0

    def _took(self, frame: Encoded) -> None:
        """A picture came back: its number is in it, and in its timestamp."""
        read = self._reader.read(frame.data)
        if read is None:
            return
        if self._first is None:
            self._first = frame.timestamp - self._number_of(read) * self._step
        number = round((frame.timestamp - self._first) / self._step)
        if not 0 <= number < len(self._places) or self._places[number] % FRAMES != read:
            self.errors.append("a picture with another frame's timestamp")
            return
        self.tally.answer(Answer(number, DELIVERED))


@asynccontextmanager
async def rtc_connected(
    http: aiohttp.ClientSession, plan: LoadPlan, number: int, film: Film
) -> AsyncIterator[RtcBenchClient]:
    """A connected session, for the length of the block."""
    client = RtcBenchClient(plan, plan.rates_fps[number], film)
    try:
        await client.connect(http)
        yield client
    finally:
        await client.close()
