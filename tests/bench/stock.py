"""The yardstick of WebRTC: an echo as in aiortc's own examples (``python -m tests.bench.stock``).

The track that comes in is sent back, decoded and encoded by aiortc; with ``--stage-ms`` each frame
spends that time on a thread on its way, and nothing is ever dropped.
"""

import argparse
import asyncio
import time
from typing import Any

from aiohttp import web
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from av.frame import Frame
from av.packet import Packet

from media.rtc import aiortc_private as private
from tests.bench.host import HOST, run_app


class Echo(MediaStreamTrack):
    """What another track brings, after a while."""

    kind = "video"

    def __init__(self, track: MediaStreamTrack, stage_s: float) -> None:
        super().__init__()
        self._track = track
        self._stage_s = stage_s

    async def recv(self) -> "Frame | Packet[Any]":
        """See MediaStreamTrack."""
        frame = await self._track.recv()
        if self._stage_s:
            await asyncio.to_thread(time.sleep, self._stage_s)
        return frame


def stock_app(stage_s: float) -> web.Application:
    """Answers offers at the service's address."""
    calls: set[RTCPeerConnection] = set()

    async def offer(request: web.Request) -> web.Response:
        """One connection."""
        pc = RTCPeerConnection()
        calls.add(pc)
        pc.on("track", lambda track: pc.addTrack(Echo(track, stage_s)))
        await pc.setRemoteDescription(RTCSessionDescription(await request.text(), "offer"))
        for transceiver in pc.getTransceivers():
            private.gather_from(private.ice_of(transceiver.receiver.transport), [HOST])
        await pc.setLocalDescription(await pc.createAnswer())
        answer = pc.localDescription.sdp
        return web.Response(text=answer, content_type="application/sdp", status=201)

    async def hang_up(_: web.Application) -> None:
        await asyncio.gather(*(pc.close() for pc in calls))

    app = web.Application()
    app.router.add_post("/api/hair-tryOn/webrtc/{session_id}", offer)
    app.on_shutdown.append(hang_up)
    return app


def main() -> None:
    """Serve until standard input is closed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stage-ms", type=float, default=0.0)
    run_app(stock_app(parser.parse_args().stage_ms / 1000.0))


if __name__ == "__main__":
    main()
