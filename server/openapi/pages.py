"""The document for programs, and two readers of it for people: Swagger UI and Redoc, served from
here (``vendor.json`` says which, and where they come from)."""

from pathlib import Path
from typing import Final

from aiohttp import hdrs, web

from server.keys import OPENAPI
from server.pages import MEDIA_TYPES, SECURITY_HEADERS
from server.replies import no_such_file

DOCS_DIR: Final = Path(__file__).parents[1] / "docs"
PACKED: Final = ".gz"
CSP: Final = "Content-Security-Policy"
REDOC_STYLES: Final = "style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
"""Its styles go into elements that are empty: this is the hash of nothing."""
_ASSETS: Final = frozenset(
    path.name for path in DOCS_DIR.iterdir() if path.suffix in (".js", ".css", PACKED)
)


async def openapi(request: web.Request) -> web.Response:
    """``GET /openapi.json``."""
    body = await request.app[OPENAPI].body()
    return web.Response(body=body, content_type="application/json")


async def docs(_: web.Request) -> web.FileResponse:
    """``GET /docs``: Swagger UI, which also sends requests."""
    return web.FileResponse(DOCS_DIR / "swagger.html")


async def redoc(_: web.Request) -> web.FileResponse:
    """``GET /redoc``: Redoc, which is good to read."""
    headers = {CSP: SECURITY_HEADERS[CSP].replace("style-src 'self'", REDOC_STYLES)}
    return web.FileResponse(DOCS_DIR / "redoc.html", headers=headers)


async def docs_asset(request: web.Request) -> web.StreamResponse:
    """``GET /docs/{name}``: a part of these pages. The large ones are kept packed."""
    name = request.match_info["name"]
    if name in _ASSETS and not name.endswith(PACKED):
        return web.FileResponse(DOCS_DIR / name)
    if name + PACKED not in _ASSETS:
        return no_such_file()
    headers = {
        hdrs.CONTENT_ENCODING: "gzip",
        hdrs.CONTENT_TYPE: MEDIA_TYPES[Path(name).suffix],
    }
    return web.FileResponse(DOCS_DIR / (name + PACKED), headers=headers)
