"""What is noted of requests that one instance passes on to another."""

from typing import Final

from aiohttp import web

ARRIVED: Final = web.RequestKey("arrived", bool)
"""Another instance has passed it on to this one."""
ELSEWHERE: Final = web.RequestKey("elsewhere", bool)
"""Another instance answers it, or asks it for somebody: there a line is told of it."""
