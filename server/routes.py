"""The table of contents: every address of the service."""

from typing import Final

from aiohttp import web

from server import webrtc, whep
from server.about import about
from server.admission import give_ticket, who_asks
from server.cloud.webhooks import hear_replicate
from server.cloud_settings import WEBHOOK_PATH
from server.consent import get_consent, give_consent, withdraw_consent
from server.estimates import estimate
from server.events import result_events
from server.health import health
from server.ice import list_ice_servers
from server.kept import kept_file
from server.metrics.exposition import metrics
from server.openapi import machine_operations as of_machines
from server.openapi import operations as does
from server.openapi import photo_operations as of_photos
from server.openapi import style_operations as of_styles
from server.openapi import tier_operations as of_tiers
from server.openapi import user_operations as of_users
from server.openapi.operation import Operation, Told
from server.openapi.pages import docs, docs_asset, openapi, redoc
from server.orders import process_video
from server.pages import asset, client_module, index, shades
from server.photos import try_on
from server.probes import livez, readyz
from server.realtime import realtime
from server.results import cancel_result, delete_result, get_result, history
from server.snapshots import snapshot
from server.styles.maker import make_style
from server.styles.shelf import delete_style, get_style, get_style_image, list_styles
from server.tiers import get_usage, get_user_tier, list_tiers, set_tier, set_user_tier
from server.uploads import upload_video
from server.users import erase_user, export_user
from storage.addresses import ADDRESS

API: Final = "/api/hair-tryOn"
USER: Final = f"{API}/user/{{user_id}}"
STYLE: Final = f"{API}/styles/{{style_id}}"
WEBRTC: Final = f"{API}/webrtc/{{session_id}}"
WHEP: Final = f"{API}/whep/{{session_id}}"
VIEWER: Final = f"{WHEP}/{{viewer_id}}"


def told() -> list[Told]:
    """All addresses, and what they do."""
    return [
        Told(web.get("/", index), does.INDEX),
        Told(web.get("/page/{name}", asset), does.ASSET),
        Told(web.get("/page/client/{name}", client_module), does.ASSET),
        Told(web.get("/openapi.json", openapi), does.OPENAPI),
        Told(web.get("/docs", docs), does.DOCS),
        Told(web.get("/redoc", redoc), does.DOCS),
        Told(web.get("/docs/{name}", docs_asset), does.ASSET),
        Told(web.get("/livez", livez), of_machines.LIVEZ),
        Told(web.get("/readyz", readyz), of_machines.READYZ),
        Told(web.get("/metrics", metrics), of_machines.METRICS),
        Told(web.get(f"{API}/health", health), does.HEALTH),
        Told(web.get(f"{API}/about", about), does.ABOUT),
        Told(web.get(f"{API}/shades", shades), does.SHADES),
        Told(web.post(f"{API}/try-on", try_on), of_photos.TRY_ON),
        Told(web.post(f"{API}/upload-video", upload_video), does.UPLOAD_VIDEO),
        Told(web.post(f"{API}/process-video", process_video), does.PROCESS_VIDEO),
        Told(web.get(f"{API}/estimate", estimate), of_tiers.ESTIMATE),
        Told(web.get(f"{API}/result/{{result_id}}", get_result), does.GET_RESULT),
        Told(
            web.get(f"{API}/result/{{result_id}}/events", result_events, allow_head=False),
            does.RESULT_EVENTS,
        ),
        Told(web.post(f"{API}/result/{{result_id}}/cancel", cancel_result), does.CANCEL_RESULT),
        Told(web.delete(f"{API}/result/{{result_id}}", delete_result), does.DELETE_RESULT),
        Told(web.get(f"{API}/history/{{user_id}}", history), does.HISTORY),
        Told(web.post(f"{API}/styles", make_style), of_styles.MAKE_STYLE),
        Told(web.get(f"{API}/styles", list_styles), of_styles.LIST_STYLES),
        Told(web.get(STYLE, get_style), of_styles.GET_STYLE),
        Told(web.get(f"{STYLE}/image", get_style_image), of_styles.STYLE_IMAGE),
        Told(web.delete(STYLE, delete_style), of_styles.DELETE_STYLE),
        Told(web.delete(f"{USER}/data", erase_user), of_users.ERASE_USER),
        Told(web.get(f"{USER}/export", export_user, allow_head=False), of_users.EXPORT_USER),
        Told(web.get(f"{USER}/consent", get_consent), of_users.GET_CONSENT),
        Told(web.put(f"{USER}/consent", give_consent), of_users.GIVE_CONSENT),
        Told(web.delete(f"{USER}/consent", withdraw_consent), of_users.WITHDRAW_CONSENT),
        Told(web.get(f"{USER}/tier", get_user_tier), of_tiers.GET_USER_TIER),
        Told(web.put(f"{USER}/tier", set_user_tier), of_tiers.SET_USER_TIER),
        Told(web.get(f"{API}/usage/{{user_id}}", get_usage), of_tiers.GET_USAGE),
        Told(web.get(f"{API}/tiers", list_tiers), of_tiers.LIST_TIERS),
        Told(web.put(f"{API}/tiers/{{tier}}", set_tier), of_tiers.SET_TIER),
        Told(web.post(WEBHOOK_PATH, hear_replicate), of_machines.HEAR_REPLICATE),
        Told(web.get(f"{ADDRESS}{{name}}", kept_file), does.KEPT_FILE),
        Told(web.get(f"{API}/realtime/{{session_id}}", realtime), does.REALTIME),
        Told(web.post(f"{API}/sessions/{{session_id}}/snapshot", snapshot), of_photos.SNAPSHOT),
        Told(web.get(f"{API}/me", who_asks), does.ME),
        Told(web.post(f"{API}/tickets", give_ticket), does.TICKET),
        Told(web.get(f"{API}/ice-servers", list_ice_servers), does.ICE_SERVERS),
        Told(web.post(WEBRTC, webrtc.offer), does.WEBRTC_OFFER),
        Told(web.options(WEBRTC, webrtc.options), does.WEBRTC_OPTIONS),
        Told(web.patch(WEBRTC, webrtc.trickle), does.WEBRTC_TRICKLE),
        Told(web.delete(WEBRTC, webrtc.hang_up), does.WEBRTC_HANG_UP),
        Told(web.post(WHEP, whep.watch), does.WHEP_WATCH),
        Told(web.options(WHEP, whep.options), does.WHEP_OPTIONS),
        Told(web.patch(VIEWER, whep.trickle), does.WHEP_TRICKLE),
        Told(web.delete(VIEWER, whep.hang_up), does.WHEP_HANG_UP),
    ]


def routes() -> list[web.RouteDef]:
    """All routes."""
    return [one.route for one in told()]


def operations() -> dict[tuple[str, str], Operation]:
    """What each method of each address does."""
    return {(one.route.method, one.route.path): one.operation for one in told()}
