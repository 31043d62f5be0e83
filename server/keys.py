"""The application's keys: what is shared hangs on the app, under a type."""

from aiohttp import web

from server.calls import Calls
from server.desk import Desk
from server.examiner import FilmExaminer
from server.registry import LiveSessions
from server.services import Services

CALLS = web.AppKey("calls", Calls)
FILMS = web.AppKey("films", FilmExaminer)
PHOTOS = web.AppKey("photos", Desk)
SERVICES = web.AppKey("services", Services)
UPLOADS = web.AppKey("uploads", Desk)
SESSIONS = web.AppKey("sessions", LiveSessions)
