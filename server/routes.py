"""The table of contents: every address of the service."""

from aiohttp import web

from server.health import health
from server.pages import asset, index, shades
from server.realtime import realtime

API = "/api/hair-tryOn"


def routes() -> list[web.AbstractRouteDef]:
    """All routes."""
    return [
        web.get("/", index),
        web.get("/page/{name}", asset),
        web.get(f"{API}/health", health),
        web.get(f"{API}/shades", shades),
        web.get(f"{API}/realtime/{{session_id}}", realtime),
    ]
