"""The table of contents: every address of the service."""

from aiohttp import web

from server.health import health
from server.ice import list_ice_servers
from server.pages import asset, index, shades
from server.realtime import realtime
from server.webrtc import hang_up, offer, trickle

API = "/api/hair-tryOn"


def routes() -> list[web.AbstractRouteDef]:
    """All routes."""
    return [
        web.get("/", index),
        web.get("/page/{name}", asset),
        web.get(f"{API}/health", health),
        web.get(f"{API}/shades", shades),
        web.get(f"{API}/realtime/{{session_id}}", realtime),
        web.get(f"{API}/ice-servers", list_ice_servers),
        web.post(f"{API}/webrtc/{{session_id}}", offer),
        web.patch(f"{API}/webrtc/{{session_id}}", trickle),
        web.delete(f"{API}/webrtc/{{session_id}}", hang_up),
    ]
