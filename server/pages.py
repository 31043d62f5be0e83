"""The live page, the client that it shares with other sites, and the catalogue of shades."""

from dataclasses import asdict
from pathlib import Path

from aiohttp import hdrs, web

from processing.shades import SHADES
from server.answers import ShadeAnswer, ShadesAnswer
from server.replies import no_such_file

PAGE_DIR = Path(__file__).parent / "page"
CLIENT_DIR = PAGE_DIR / "client"

MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css"}

YEAR_S = 365 * 24 * 3600

_ASSETS = frozenset(path.name for path in PAGE_DIR.iterdir() if path.is_file())
_CLIENT = frozenset(path.name for path in CLIENT_DIR.glob("*.js"))

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
        "style-src 'self'; script-src 'self'; connect-src 'self'; "
        "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


async def index(_: web.Request) -> web.FileResponse:
    """``GET /``: the live page."""
    return web.FileResponse(PAGE_DIR / "index.html")


async def asset(request: web.Request) -> web.StreamResponse:
    """``GET /page/{name}``: one of the page's own files, and nothing else."""
    name = request.match_info["name"]
    if name not in _ASSETS:
        return no_such_file()
    return web.FileResponse(PAGE_DIR / name)


async def client_module(request: web.Request) -> web.StreamResponse:
    """``GET /page/client/{name}``: a module of the client, for pages of sites that may ask, too."""
    name = request.match_info["name"]
    if name not in _CLIENT:
        return no_such_file()
    return web.FileResponse(CLIENT_DIR / name)


async def shades(_: web.Request) -> web.Response:
    """``GET /api/hair-tryOn/shades``: the named shades with their colours."""
    return ShadesAnswer(shades=[ShadeAnswer(**asdict(shade)) for shade in SHADES]).reply()


async def add_security_headers(_: web.Request, response: web.StreamResponse) -> None:
    """Every response: the page may load from here and nowhere else."""
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.popall(hdrs.SERVER, None)  # nobody has to know which software this is
    # Answers are about a person. What may be kept for a while says so itself.
    is_asset = isinstance(response, web.FileResponse)
    response.headers.setdefault(hdrs.CACHE_CONTROL, "no-cache" if is_asset else "no-store")


async def insist_on_tls(_: web.Request, response: web.StreamResponse) -> None:
    """Every response over TLS: browsers come by TLS from now on (RFC 6797)."""
    response.headers["Strict-Transport-Security"] = f"max-age={YEAR_S}"
