"""What every address does."""

from typing import Annotated, Final

from pydantic import Field

from server.about_answers import AboutAnswer
from server.answers import HealthAnswer, IceAnswer, ShadesAnswer, UploadAnswer
from server.doors.access import Access
from server.doors.answers import CallerAnswer, TicketAnswer
from server.doors.costs import Costs
from server.ids import SESSION_ID
from server.keys import PHOTOS_COMING, UPLOADS, WATCHERS
from server.openapi.operation import Media, Operation
from server.order_form import OrderForm
from server.queries import (
    FilePath,
    KeyHeader,
    OwnQuery,
    PageQuery,
    Query,
    ResultPath,
    SignedQuery,
    UserPath,
)
from server.result_answers import HistoryAnswer, OrderAnswer, ProgressAnswer, ResultAnswer
from server.uploads import UploadForm

EVENTS: Final = Media(
    ("text/event-stream",),
    "`progress` events, and at last `end`.",
    {"progress": ProgressAnswer, "end": ResultAnswer},
)
VIDEO: Final = Media(("video/mp4", "image/jpeg"), "The file.")
SDP: Final = Media(("application/sdp", "application/json"), "An SDP answer.")
OFFER: Final = Media(("application/sdp", "application/json"), "An SDP offer.")
FRAGMENT: Final = Media(("application/trickle-ice-sdpfrag",), "ICE candidates.")
PAGE: Final = Media(("text/html",), "A page for browsers.")


class AnySessionPath(Query):
    """A live session, which nobody looks for."""

    session_id: str


class SessionPath(Query):
    """A live session."""

    session_id: Annotated[str, Field(pattern=f"^{SESSION_ID.pattern}$")]


class ViewerPath(SessionPath):
    """Who watches a live session."""

    viewer_id: str


UPLOAD_VIDEO: Final = Operation(
    "Videos",
    "Upload a video",
    {200: UploadAnswer},
    errors=(409,),
    form=UploadForm,
    header=KeyHeader,
    notes="MP4, MOV, AVI or WebM.",
    costs=Costs.UPLOAD,
    places=UPLOADS,
    needs_consent=True,
)
PROCESS_VIDEO: Final = Operation(
    "Videos",
    "Have an uploaded video changed",
    {202: OrderAnswer},
    errors=(404, 409),
    form=OrderForm,
    header=KeyHeader,
    notes="At least one of `look`, `style_image` or `style_id`, `color_image` and `haircut`. With "
    "`engine=cloud` hair is cut in the cloud in at most `max_keyframes` frames; where that cannot "
    "be it is made here, and `fallback` of the result says why. The same order as one that is "
    "completed is answered with its result (`X-Result-Cache: hit`), but for orders with an "
    "`Idempotency-Key`, a `webhook_url` or `Cache-Control: no-cache`.",
    places=PHOTOS_COMING,
    needs_consent=True,
)
GET_RESULT: Final = Operation(
    "Videos",
    "How far a video is, and where it is",
    {200: ResultAnswer},
    errors=(404, 422),
    path=ResultPath,
    query=OwnQuery,
    costs=Costs.NOTHING,
)
RESULT_EVENTS: Final = Operation(
    "Videos",
    "Watch a video being changed",
    {200: EVENTS},
    errors=(404, 422, 429),
    path=ResultPath,
    query=OwnQuery,
    access=Access.TICKET,
    costs=Costs.NOTHING,
    places=WATCHERS,
)
CANCEL_RESULT: Final = Operation(
    "Videos",
    "Cancel a video",
    {200: ResultAnswer},
    errors=(404, 422),
    path=ResultPath,
    query=OwnQuery,
    notes="One that is finished by then stays as it is.",
)
DELETE_RESULT: Final = Operation(
    "Videos",
    "Cancel a video, or delete it with its files",
    {200: ResultAnswer, 204: "It is deleted."},
    errors=(404, 422),
    path=ResultPath,
    query=OwnQuery,
    notes="One that is unfinished is cancelled (200), and stays in the history; any other is "
    "deleted (204).",
)
HISTORY: Final = Operation(
    "Videos",
    "A user's videos, the latest first",
    {200: HistoryAnswer},
    errors=(422,),
    path=UserPath,
    query=PageQuery,
)
KEPT_FILE: Final = Operation(
    "Videos",
    "A changed video, or its thumbnail",
    {200: VIDEO, 206: Media(("video/mp4", "image/jpeg"), "A part of it, by `Range`."),
     304: "It has not changed."},
    errors=(404, 412, 416, 500),
    path=FilePath,
    query=SignedQuery,
    notes="A signed address is as `signed_video_url` has it: what is got by it may be kept in "
    "caches that others share.",
    access=Access.SIGNED,
    costs=Costs.NOTHING,
)  # fmt: skip
HEALTH: Final = Operation(
    "Service",
    "Whether the service is well",
    {200: HealthAnswer, 503: HealthAnswer},
    access=Access.PUBLIC,
)
ABOUT: Final = Operation(
    "Service",
    "Limits, how long what is kept, and what is agreed to",
    {200: AboutAnswer},
    access=Access.PUBLIC,
)
SHADES: Final = Operation(
    "Service", "The named hair colours", {200: ShadesAnswer}, access=Access.PUBLIC
)
REALTIME: Final = Operation(
    "Live",
    "A live session over WebSocket",
    {101: "The connection speaks WebSocket from now on."},
    errors=(426,),
    path=SessionPath,
    query=OwnQuery,
    notes="The messages are those of the project's `server/docs/protocol.md`.",
    access=Access.SOCKET,
    costs=Costs.CONNECTION,
    needs_consent=True,
)
ME: Final = Operation("Users", "Who asks", {200: CallerAnswer}, costs=Costs.NOTHING)
TICKET: Final = Operation(
    "Live",
    "A ticket, for who can send no headers",
    {201: TicketAnswer},
    notes="It speaks for who asks, once, within a minute: `?ticket=…` at the addresses of live "
    "sessions over WebSocket, of results' events and of exports.",
    costs=Costs.CONNECTION,
)
ICE_SERVERS: Final = Operation(
    "Live", "STUN and TURN servers for WebRTC", {200: IceAnswer}, costs=Costs.NOTHING
)
WEBRTC_OFFER: Final = Operation(
    "Live",
    "A live session over WebRTC (WHIP, RFC 9725)",
    {201: SDP},
    path=SessionPath,
    query=OwnQuery,
    body=OFFER,
    costs=Costs.CONNECTION,
    needs_consent=True,
)
WEBRTC_OPTIONS: Final = Operation(
    "Live",
    "What an offer may be",
    {204: "Told in headers."},
    path=AnySessionPath,
    costs=Costs.NOTHING,
)
WEBRTC_TRICKLE: Final = Operation(
    "Live",
    "Further ICE candidates, or a new ICE session",
    {200: FRAGMENT, 204: "They are taken."},
    errors=(404, 412, 415),
    path=SessionPath,
    query=OwnQuery,
    body=FRAGMENT,
    costs=Costs.NOTHING,
    at_session=True,
)
WEBRTC_HANG_UP: Final = Operation(
    "Live",
    "End the session's call",
    {200: "It has ended."},
    errors=(404, 412),
    path=SessionPath,
    query=OwnQuery,
    costs=Costs.NOTHING,
    at_session=True,
)
WHEP_WATCH: Final = Operation(
    "Live",
    "Watch a live session (WHEP)",
    {201: SDP},
    errors=(404,),
    path=SessionPath,
    query=OwnQuery,
    body=OFFER,
    costs=Costs.CONNECTION,
    at_session=True,
)
WHEP_OPTIONS: Final = WEBRTC_OPTIONS
WHEP_TRICKLE: Final = Operation(
    "Live",
    "Further ICE candidates of who watches",
    {200: FRAGMENT, 204: "They are taken."},
    errors=(404, 412, 415),
    path=ViewerPath,
    query=OwnQuery,
    body=FRAGMENT,
    costs=Costs.NOTHING,
    at_session=True,
)
WHEP_HANG_UP: Final = Operation(
    "Live",
    "Watch no more",
    {200: "It has ended."},
    errors=(404,),
    path=ViewerPath,
    query=OwnQuery,
    costs=Costs.NOTHING,
    at_session=True,
)
INDEX: Final = Operation("Pages", "The page", {200: PAGE}, access=Access.PUBLIC)
ASSET: Final = Operation(
    "Pages",
    "A part of the page",
    {200: Media(("*/*",), "The file."), 304: "It has not changed."},
    errors=(404,),
    path=FilePath,
    access=Access.PUBLIC,
)
OPENAPI: Final = Operation(
    "Pages",
    "This document",
    {200: Media(("application/json",), "OpenAPI 3.1.")},
    access=Access.PUBLIC,
)
DOCS: Final = Operation("Pages", "This document for people", {200: PAGE}, access=Access.PUBLIC)
