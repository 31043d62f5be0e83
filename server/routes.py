"""The table of contents: every address of the service."""

from aiohttp import web

from server import webrtc, whep
from server.addresses import ADDRESS
from server.events import result_events
from server.health import health
from server.ice import list_ice_servers
from server.kept import kept_file
from server.orders import process_video
from server.pages import asset, index, shades
from server.photos import try_on
from server.realtime import realtime
from server.results import delete_result, get_result, history
from server.uploads import upload_video

API = "/api/hair-tryOn"


def routes() -> list[web.AbstractRouteDef]:
    """All routes."""
    return [
        web.get("/", index),
        web.get("/page/{name}", asset),
        web.get(f"{API}/health", health),
        web.get(f"{API}/shades", shades),
        web.post(f"{API}/try-on", try_on),
        web.post(f"{API}/upload-video", upload_video),
        web.post(f"{API}/process-video", process_video),
        web.get(f"{API}/result/{{result_id}}", get_result),
        web.get(f"{API}/result/{{result_id}}/events", result_events),
        web.delete(f"{API}/result/{{result_id}}", delete_result),
        web.get(f"{API}/history/{{user_id}}", history),
        web.get(f"{ADDRESS}{{name}}", kept_file),
        web.get(f"{API}/realtime/{{session_id}}", realtime),
        web.get(f"{API}/ice-servers", list_ice_servers),
        web.post(f"{API}/webrtc/{{session_id}}", webrtc.offer),
        web.options(f"{API}/webrtc/{{session_id}}", webrtc.options),
        web.patch(f"{API}/webrtc/{{session_id}}", webrtc.trickle),
        web.delete(f"{API}/webrtc/{{session_id}}", webrtc.hang_up),
        web.post(f"{API}/whep/{{session_id}}", whep.watch),
        web.options(f"{API}/whep/{{session_id}}", whep.options),
        web.patch(f"{API}/whep/{{session_id}}/{{viewer_id}}", whep.trickle),
        web.delete(f"{API}/whep/{{session_id}}/{{viewer_id}}", whep.hang_up),
    ]
