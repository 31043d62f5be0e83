"""The application's keys: what is shared hangs on the app, under a type."""

import asyncio

from aiohttp import web

from server.calls import Calls
from server.cloud.artist import Artist
from server.cloud.doorbell import Doorbell
from server.cloud.salon import Salon
from server.doors.uses import Uses
from server.erasure import Eraser
from server.examiner import FilmExaminer
from server.jobs.queue import JobQueue
from server.openapi.written import WrittenDocument
from server.places import Places
from server.registry import LiveSessions
from server.scanner import MalwareScanner
from server.services import Services

ARTIST = web.AppKey("artist", Artist)
CALLS = web.AppKey("calls", Calls)
CLOSING = web.AppKey("closing", asyncio.Event)
DOORBELL = web.AppKey("doorbell", Doorbell)
DOWNLOADS = web.AppKey("downloads", Places)
ERASER = web.AppKey("eraser", Eraser)
ERASURES = web.AppKey("erasures", Places)
EXPORTS = web.AppKey("exports", Places)
FILMS = web.AppKey("films", FilmExaminer)
HEARD = web.AppKey("heard", Uses)
"""Webhooks."""
JOBS = web.AppKey("jobs", JobQueue)
LEAVING = web.AppKey("leaving", asyncio.Event)
"""The server is going to stop."""
OPENAPI = web.AppKey("openapi", WrittenDocument)
PHOTOS = web.AppKey("photos", Places)
"""Photos that are worked on."""
PHOTOS_COMING = web.AppKey("photos_coming", Places)
"""Photos on their way: clients who send a byte a second do not keep those out who have sent all."""
PHOTOS_WAITING = web.AppKey("photos_waiting", Places)
"""Photos, until what the cloud makes of the same for another request is there."""
SALON = web.AppKey("salon", Salon)
SCANNER = web.AppKey("scanner", MalwareScanner)
SERVICES = web.AppKey("services", Services)
STYLES = web.AppKey("styles", Places)
"""Styles that are being made."""
UPLOADS = web.AppKey("uploads", Places)
SESSIONS = web.AppKey("sessions", LiveSessions)
WATCHERS = web.AppKey("watchers", Places)
WEBHOOKS = web.AppKey("webhooks", Places)
