"""A picture as an answer: in the form that its client likes best, with what was done to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import mimeparse
from aiohttp import hdrs, web

from media.codec import encode_photo
from media.header import PictureFormat
from server.errors import ErrorCode
from server.making import Made
from server.replies import RequestRefused
from server.studio import Studio

QUALITY: Final = 92
_FORMATS: Final[Mapping[str, PictureFormat]] = {
    "image/webp": "webp",
    "image/png": "png",
    "image/jpeg": "jpeg",
}
"""What can be asked for; of two that are equally welcome the later one is sent."""


@dataclass(frozen=True, slots=True)
class PictureAnswer:
    """What is going to answer a request that came at ``started_s`` on the monotonic clock."""

    content_type: str
    started_s: float

    @classmethod
    def to(cls, request: web.Request, now_s: float) -> "PictureAnswer":
        """In the type that the client likes best. Raises RequestRefused (406)."""
        accepted = request.headers.get(hdrs.ACCEPT) or "*/*"
        try:
            best = str(mimeparse.best_match(_FORMATS, accepted))
        except mimeparse.MimeTypeParseException:
            best = ""
        if not best:
            text = f"Accept: none of {', '.join(_FORMATS)}"
            raise RequestRefused(406, ErrorCode.NOT_ACCEPTABLE, text, closes=True)
        return cls(best, now_s)

    async def coded(self, studio: Studio, made: Made) -> bytes:
        """The picture's file. Raises RequestRefused."""
        coding = (made.rendered.picture, _FORMATS[self.content_type], QUALITY)
        return await studio.work(studio.name, encode_photo, *coding)

    def reply(self, data: bytes, made: Made, now_s: float) -> web.Response:
        """The answer."""
        headers = self._headers(made, (now_s - self.started_s) * 1000)
        return web.Response(body=data, content_type=self.content_type, headers=headers)

    def _headers(self, made: Made, total_ms: float) -> dict[str, str]:
        """For programs, and for people who look at the network's log."""
        rendered = made.rendered
        stages = {**rendered.stage_ms, "total": total_ms}
        name = f"hair-try-on.{_FORMATS[self.content_type]}"
        told = {
            hdrs.CONTENT_DISPOSITION: f'inline; filename="{name}"',
            "Server-Timing": ", ".join(f"{name};dur={ms:.1f}" for name, ms in stages.items()),
            "X-Advice": ", ".join(rendered.advice),
            "X-Applied": ", ".join(made.applied),
            "X-Heads": "" if rendered.heads is None else str(rendered.heads),
            **made.made_by,
        }
        return {name: value for name, value in told.items() if value}
