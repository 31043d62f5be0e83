"""The application's keys: what is shared hangs on the app, under a type."""

from aiohttp import web

from server.calls import Calls
from server.examiner import FilmExaminer
from server.registry import LiveSessions
from server.services import Services
from server.studio import PhotoDesk

CALLS = web.AppKey("calls", Calls)
FILMS = web.AppKey("films", FilmExaminer)
PHOTOS = web.AppKey("photos", PhotoDesk)
SERVICES = web.AppKey("services", Services)
SESSIONS = web.AppKey("sessions", LiveSessions)
