"""The application's keys: what is shared hangs on the app, under a type."""

from aiohttp import web

from server.registry import LiveSessions
from server.services import Services

SERVICES = web.AppKey("services", Services)
SESSIONS = web.AppKey("sessions", LiveSessions)
