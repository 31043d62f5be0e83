"""The files behind ``video_url`` and ``thumbnail_url``. Who knows a name may have the file: names
cannot be guessed."""

import asyncio
import re
from typing import Final

from aiohttp import hdrs, web

from server.keys import SERVICES
from server.replies import no_such_file

NAME: Final = re.compile(r"(result|thumb)_[0-9a-f-]{36}\.(mp4|jpg)")
DAY_S: Final = 24 * 60 * 60
_DAYS: Final = {"result": 7, "thumb": 30}
"""For so many days it stays in a browser (section 6.4)."""
_TYPES: Final = {"mp4": "video/mp4", "jpg": "image/jpeg"}


async def kept_file(request: web.Request) -> web.StreamResponse:
    """``GET /uploads/{name}``: a video or its thumbnail; parts of it by Range."""
    name = request.match_info["name"]
    found = NAME.fullmatch(name)
    path = request.app[SERVICES].files.path(name)
    if found is None or not await asyncio.to_thread(path.is_file):
        return no_such_file()
    kind, suffix = found.groups()
    headers = {
        hdrs.CONTENT_TYPE: _TYPES[suffix],
        hdrs.CACHE_CONTROL: f"private, max-age={_DAYS[kind] * DAY_S}, immutable",
        hdrs.CONTENT_DISPOSITION: f'inline; filename="hair-try-on.{suffix}"',
    }
    return web.FileResponse(path, headers=headers)
