"""A WebRTC client for tests: aiortc on the loopback interface, with numbered pictures."""

import asyncio
import json
from collections import deque
from fractions import Fraction
from typing import Any

import aioice
import cv2
import numpy as np
from aiohttp import ClientSession
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCDataChannel,
    RTCIceServer,
    RTCPeerConnection,
    RTCRtpTransceiver,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError
from aiortc.rtcconfiguration import RTCIceTransportPolicy
from av.video.frame import VideoFrame

from media.rtc import aiortc_private as private
from media.rtc.ice_link import IceLink
from tests.lossy import HOST, LossyRelay, without_candidates

CONNECT_S = 10.0
BITS, CELL_PX = 16, 20


def stamped(number: int, width: int = 320, height: int = 240) -> np.ndarray:
    """A BGR picture that carries its number as black and white cells along its upper edge."""
    rows, columns = np.indices((height, width))
    wave = 110 + 40 * np.sin((columns + 5 * number) / 17) * np.cos(rows / 23)
    picture = np.dstack([wave, 0.8 * wave, 0.6 * wave]).astype(np.uint8)
    stamp(picture, number)
    return picture


def stamp(picture: np.ndarray, number: int) -> None:
    """Write a number along the upper edge."""
    cell = picture.shape[1] // BITS
    for bit in range(BITS):
        picture[:CELL_PX, bit * cell : (bit + 1) * cell] = 235 if number >> bit & 1 else 20


def number_of(picture: np.ndarray) -> int:
    """The number that `stamped` wrote, also of a picture whose colours were inverted or scaled."""
    cell = picture.shape[1] // BITS
    grey = cv2.cvtColor(picture[:CELL_PX], cv2.COLOR_BGR2GRAY)
    levels = [grey[5:-5, bit * cell + 4 : (bit + 1) * cell - 4].mean() for bit in range(BITS)]
    return sum(1 << bit for bit, level in enumerate(levels) if level > 127)


class Camera(MediaStreamTrack):
    """Stamped pictures at a steady rate; `seconds` tells when each was sent."""

    kind = "video"

    def __init__(self, rate: float = 30.0, width: int = 320, height: int = 240) -> None:
        super().__init__()
        self.rate, self.width, self.height = rate, width, height
        self.number = 0
        self.sent_s: dict[int, float] = {}
        self._began_s: float | None = None

    async def recv(self) -> VideoFrame:
        """See MediaStreamTrack."""
        loop = asyncio.get_running_loop()
        if self._began_s is None:
            self._began_s = loop.time()
        due_s = self._began_s + self.number / self.rate
        await asyncio.sleep(max(0.0, due_s - loop.time()))
        if self.readyState != "live":
            raise MediaStreamError
        picture = stamped(self.number, self.width, self.height)
        planes = cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420)
        frame = VideoFrame.from_ndarray(np.asarray(planes, np.uint8), format="yuv420p")
        frame.pts, frame.time_base = round(self.number * 90_000 / self.rate), Fraction(1, 90_000)
        self.sent_s[self.number] = loop.time()
        self.number += 1
        return frame


class Screen:
    """Keeps the pictures of a track that comes in, and when each number was first seen."""

    def __init__(self) -> None:
        self.pictures: deque[np.ndarray] = deque(maxlen=300)
        self.arrived_s: dict[int, float] = {}
        self._watching: asyncio.Task[None] | None = None

    def show(self, track: MediaStreamTrack) -> None:
        """From now on."""
        self._watching = asyncio.create_task(self._watch(track))

    async def close(self) -> None:
        """Look no longer."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait([self._watching])

    async def _watch(self, track: MediaStreamTrack) -> None:
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            assert isinstance(frame, VideoFrame)
            picture = frame.to_ndarray(format="bgr24")
            self.pictures.append(picture)
            self.arrived_s.setdefault(number_of(picture), asyncio.get_running_loop().time())


def prefer(transceiver: RTCRtpTransceiver, codec: str) -> None:
    """Offer this codec alone."""
    codecs = type(transceiver.sender).getCapabilities("video").codecs
    spoken = (f"video/{codec}".lower(), "video/rtx")
    transceiver.setCodecPreferences([one for one in codecs if one.mimeType.lower() in spoken])


def _relayed(turn: RTCIceServer) -> RTCConfiguration:
    """By this server alone."""
    return RTCConfiguration(iceServers=[turn], iceTransportPolicy=RTCIceTransportPolicy.RELAY)


class RtcClient:
    """One connection: sends its camera, keeps what comes back, talks by the control channel."""

    def __init__(
        self,
        http: ClientSession,
        url: str,
        codec: str = "VP8",
        *,
        relay: LossyRelay | None = None,
        direction: str = "sendrecv",
        turn: RTCIceServer | None = None,
        audio_first: bool = False,
    ) -> None:
        self._http = http
        self._url = url
        self._relay = relay
        self.camera = Camera()
        self.screen = Screen()
        self.pictures, self.arrived_s = self.screen.pictures, self.screen.arrived_s
        self.messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.figures: list[dict[str, Any]] = []
        self.pc = RTCPeerConnection(_relayed(turn) if turn else None)
        if audio_first:
            audio = self.pc.addTransceiver("audio", "recvonly")
            private.gather_from(private.ice_of(audio.receiver.transport), [HOST])
        self.channel: RTCDataChannel = self.pc.createDataChannel("control")
        self.channel.on("message", self._on_message)
        self.location = ""
        self.headers: dict[str, str] = {}
        transceiver = self.pc.addTransceiver(self.camera, direction)
        prefer(transceiver, codec)
        self.pc.on("track", self.screen.show)
        assert self.pc.sctp is not None
        listen = [] if turn else [HOST]
        private.gather_from(private.ice_of(self.pc.sctp.transport), listen)
        self._link = IceLink(transceiver.receiver.transport.transport, listen, lambda: None)

    async def connect(self, session_id: str = "s1", user_id: str = "u1") -> None:
        """Offer, take the answer, and wait until connected."""
        await self.call(session_id, user_id)
        async with asyncio.timeout(CONNECT_S):
            while self.pc.connectionState != "connected":  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    async def call(self, session_id: str = "s1", user_id: str = "u1") -> None:
        """Offer and take the answer; what follows goes on by itself."""
        await self.pc.setLocalDescription(await self.pc.createOffer())
        url = f"{self._url}/api/hair-tryOn/webrtc/{session_id}?user_id={user_id}"
        headers = {"Content-Type": "application/sdp"}
        offer = self.pc.localDescription.sdp
        if self._relay is not None:
            offer = without_candidates(offer)
        async with self._http.post(url, data=offer, headers=headers) as response:
            answer = await response.text()
            assert response.status == 201, (response.status, answer)
            self.headers = dict(response.headers)
            self.location = self._url + response.headers["Location"]
        if self._relay is not None:
            answer = self._relay.reroute(answer)
        await self.pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    async def restart_ice(self, relay: LossyRelay) -> None:
        """Begin a new ICE session by another relay, as after a change of networks; aiortc cannot
        do so, and a browser does it by itself."""
        transport = self.pc.getTransceivers()[0].receiver.transport.transport
        fresh = aioice.Connection(ice_controlling=True)
        private.gather_from(fresh, [HOST])
        await fresh.gather_candidates()
        lines = f"a=ice-ufrag:{fresh.local_username}\r\na=ice-pwd:{fresh.local_password}\r\n"
        headers = {"Content-Type": "application/trickle-ice-sdpfrag", "If-Match": "*"}
        async with self._http.patch(self.location, data=lines, headers=headers) as response:
            assert response.status == 200, await response.text()
            answer = relay.reroute(await response.text())
        found = dict(line[2:].split(":", 1) for line in answer.splitlines() if ":" in line)
        fresh.remote_username, fresh.remote_password = found["ice-ufrag"], found["ice-pwd"]
        await fresh.add_remote_candidate(aioice.Candidate.from_sdp(found["candidate"]))
        await fresh.add_remote_candidate(None)
        await fresh.connect()
        before, self._link._current = self._link._current, fresh
        private.replace_link(transport, fresh, self._link)
        await before.close()

    async def send(self, kind: str, **data: Any) -> None:
        """Send a message by the control channel."""
        self.channel.send(json.dumps({"type": kind, "data": data}))

    async def receive(self) -> dict[str, Any]:
        """The next message that is not the figures of the second."""
        async with asyncio.timeout(CONNECT_S):
            return await self.messages.get()

    async def close(self) -> None:
        """Hang up."""
        await self.screen.close()
        await self.pc.close()

    def _on_message(self, text: str) -> None:
        message = json.loads(text)
        if message["type"] == "stats":
            self.figures.append(message["data"])
        else:
            self.messages.put_nowait(message)


class Watcher:
    """Somebody who watches a call by WHEP."""

    def __init__(self, http: ClientSession, url: str, codec: str = "VP8") -> None:
        self._http = http
        self._url = url
        self.screen = Screen()
        self.pc = RTCPeerConnection()
        self.location = ""
        transceiver = self.pc.addTransceiver("video", "recvonly")
        prefer(transceiver, codec)
        private.gather_from(private.ice_of(transceiver.receiver.transport), [HOST])
        self.pc.on("track", self.screen.show)

    async def connect(self, session_id: str = "s1", user_id: str = "u1") -> None:
        """Offer, take the answer, and wait until connected."""
        await self.pc.setLocalDescription(await self.pc.createOffer())
        url = f"{self._url}/api/hair-tryOn/whep/{session_id}?user_id={user_id}"
        offer, headers = self.pc.localDescription.sdp, {"Content-Type": "application/sdp"}
        async with self._http.post(url, data=offer, headers=headers) as response:
            answer = await response.text()
            assert response.status == 201, (response.status, answer)
            self.location = self._url + response.headers["Location"]
        await self.pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        async with asyncio.timeout(CONNECT_S):
            while self.pc.connectionState != "connected":  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    async def close(self) -> None:
        """Leave."""
        await self.screen.close()
        await self.pc.close()
