"""The yardstick: decodes and encodes each JPEG on the same transport, and does nothing else.

It is as fast as such a server can be made in Python: the same event loop and codecs, no copy that
can be avoided, one frame of a connection at a time and the socket's own back pressure instead of
a queue. ``python -m tests.bench.passthrough --threads 2``.
"""

import argparse
import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import orjson
import pybase64
import simplejpeg
from aiohttp import WSMsgType, web

from tests.bench.host import run_app
from tests.bench.wire import HEADER, SUBPROTOCOL, VERSION

QUALITY = 85
KIND_PROCESSED = 2
MESSAGE_MAX_BYTES = 8 * 1024 * 1024


def recode(jpeg: bytes) -> bytes:
    """Decode and encode, with the options that the service uses."""
    picture = simplejpeg.decode_jpeg(
        jpeg, colorspace="BGR", fastdct=True, fastupsample=True, strict=True
    )
    coded: bytes = simplejpeg.encode_jpeg(
        picture, QUALITY, colorspace="BGR", colorsubsampling="420", fastdct=True
    )
    return coded


def answer_binary(message: bytes) -> bytes:
    """A frame's answer, binary."""
    number = HEADER.unpack_from(message)[3]
    return HEADER.pack(VERSION, KIND_PROCESSED, 0, number) + recode(message[HEADER.size :])


def answer_json(message: bytes) -> bytes:
    """A frame's answer, JSON."""
    data = orjson.loads(message)["data"]
    jpeg = recode(pybase64.b64decode(data["frame_data"], validate=True))
    changed = {
        "frame_id": data["frame_id"],
        "processed_frame_data": pybase64.b64encode_as_string(jpeg),
        "processing_time_ms": 0.0,
    }
    return orjson.dumps({"type": "processed_frame", "data": changed})


ANSWERS: dict[WSMsgType, Callable[[bytes], bytes]] = {
    WSMsgType.BINARY: answer_binary,
    WSMsgType.TEXT: answer_json,
}


def passthrough_app(threads: int) -> web.Application:
    """The application with its worker threads."""
    executor = ThreadPoolExecutor(threads)

    async def realtime(request: web.Request) -> web.WebSocketResponse:
        """One connection."""
        socket = web.WebSocketResponse(
            protocols=(SUBPROTOCOL,),
            compress=False,
            max_msg_size=MESSAGE_MAX_BYTES,
            decode_text=False,
        )
        await socket.prepare(request)
        await socket.send_frame(b'{"type":"connection_established"}', WSMsgType.TEXT)
        loop = asyncio.get_running_loop()
        async for message in socket:
            work = ANSWERS[message.type]
            answer = await loop.run_in_executor(executor, work, message.data)
            await socket.send_frame(answer, message.type)
        return socket

    app = web.Application()
    app.router.add_get("/api/hair-tryOn/realtime/{session_id}", realtime)
    return app


def main() -> None:
    """Serve until standard input is closed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    run_app(passthrough_app(parser.parse_args().threads))


if __name__ == "__main__":
    main()
