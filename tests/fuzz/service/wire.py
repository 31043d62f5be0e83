"""HTTP as bytes: heads, chunks, pipelines and forms that are not quite what they should be."""

import asyncio
import random
import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

from tests.fuzz.mutation import mutated
from tests.fuzz.service.ground import ANSWER_S, API, USER, Ground, bearer
from tests.pictures import jpeg

QUIET_S: Final = 0.1
"""Who has said nothing for so long says nothing more."""
MOST_READ: Final = 1 << 20
_STATUS: Final = re.compile(rb"HTTP/1\.[01] ([0-9]{3}) ")
WORDS: Final = (
    b"Content-Length: ", b"Transfer-Encoding: chunked", b"Expect: 100-continue", b"HTTP/1.0",
    b"HTTP/2.0", b"Connection: keep-alive", b"Connection: close", b"Upgrade: h2c", b"Host: ",
    b"Cookie: a=b", b"Range: bytes=", b"If-Match: *", b"Origin: https://evil.example", b"0\r\n\r\n",
    b"ffffffffffffffff\r\n", b"Content-Encoding: gzip", b"--b\r\n", b"--b--", b'name="',
    b"\r\n\r\n", b"filename*=UTF-8''%ff", b"Content-Transfer-Encoding: base64", b"%2e%2e/",
    b"Accept: image/png;q=x",
    b"GET ", b"POST ", b"PATCH ", b"* ", b"CONNECT a:1 ", b"http://[::1", b"?user_id=ann",
    b"Idempotency-Key: x", b"Content-Type: multipart/form-data; boundary=b", b"\t", b"\x0b", b": ",
)  # fmt: skip


def _request(method: str, path: str, *lines: str, body: bytes = b"", length: bool = True) -> bytes:
    token = f"Authorization: {bearer()['Authorization']}"
    head = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", token, *lines]
    if length and body:
        head.append(f"Content-Length: {len(body)}")
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def _form(**fields: bytes) -> bytes:
    parts = b""
    for name, value in fields.items():
        file = b'; filename="me.jpg"' if name in ("image", "video", "style_image") else b""
        head = b'--b\r\nContent-Disposition: form-data; name="' + name.encode() + b'"' + file
        parts += head + b"\r\n\r\n" + value + b"\r\n"
    return parts + b"--b--\r\n"


def _chunked(body: bytes) -> bytes:
    half = len(body) // 2
    pieces = (body[:half], body[half:])
    return b"".join(b"%x\r\n%s\r\n" % (len(one), one) for one in pieces) + b"0\r\n\r\n"


FORM: Final = "Content-Type: multipart/form-data; boundary=b"
TRY_ON: Final = _form(user_id=USER.encode(), look=b'{"color":"copper"}', image=jpeg())
ORDER: Final = _form(upload_id=b"x", user_id=USER.encode(), look=b"{}")


def _requests() -> list[bytes]:
    """Good ones, with a token that is good now."""
    video = _form(user_id=USER.encode(), video=b"\0\0\0\x18ftypisom")
    return [
        _request("GET", f"{API}/health"),
        _request("GET", "/page/app.js", "Range: bytes=0-9", 'If-None-Match: "x"'),
        _request("GET", f"{API}/history/{USER}?limit=3&cursor=abc"),
        _request("GET", "/") + _request("GET", f"{API}/about") + _request("HEAD", "/docs"),
        _request("POST", f"{API}/try-on", FORM, body=TRY_ON),
        _request("POST", f"{API}/try-on", FORM, "Transfer-Encoding: chunked",
                 body=_chunked(TRY_ON), length=False),
        _request("POST", f"{API}/upload-video", FORM, "Idempotency-Key: k1", body=video),
        _request("POST", f"{API}/process-video", FORM, "Expect: 100-continue", body=ORDER),
        _request("POST", f"{API}/webrtc/w1?user_id={USER}", "Content-Type: application/sdp",
                 body=b"v=0\r\n"),
        _request("OPTIONS", f"{API}/try-on", "Origin: https://a.example",
                 "Access-Control-Request-Method: POST"),
        _request("DELETE", f"{API}/result/r1?user_id={USER}"),
    ]  # fmt: skip


class Wire:
    """Requests with edits anywhere."""

    name = "wire"

    def __init__(self, number: int) -> None:
        self.number = number

    async def once(self, ground: Ground, rng: random.Random) -> None:
        """One connection, with one request or a few."""
        count = rng.choice((1, 1, 1, 2, 4))
        data = b"".join(mutated(rng.choice(_requests()), rng, WORDS) for _ in range(count))
        ground.note_sent(self.name, data)
        said = await exchange(ground, self.name, [data], is_cut=rng.random() < 0.2)
        for status in _STATUS.findall(said):
            ground.look_at(self.name, int(status), said, data)

    async def tidy(self, ground: Ground) -> None:
        """Each connection was closed."""


async def exchange(ground: Ground, where: str, parts: Sequence[bytes], *, is_cut: bool) -> bytes:
    """Send the parts, each when the answer to the one before is read; all that was answered.

    ``is_cut``: hang up without a word, and without reading the last answer.
    """
    place = urlsplit(ground.server.url)
    said = b""
    with suppress(ConnectionError):
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        try:
            async with asyncio.timeout(ANSWER_S):
                for part in parts:
                    writer.write(part)
                    await writer.drain()
                    if not (is_cut and part is parts[-1]):
                        said += await _read(reader)
        except TimeoutError:
            ground.finds.note(where, "what was sent is not taken", b"".join(parts))
        finally:
            writer.transport.abort()
    return said


async def _read(reader: asyncio.StreamReader) -> bytes:
    """What comes until there is a pause."""
    said = b""
    while len(said) < MOST_READ:
        try:
            async with asyncio.timeout(QUIET_S):
                piece = await reader.read(1 << 16)
        except TimeoutError:
            break
        if not piece:
            break
        said += piece
    return said
