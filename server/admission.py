"""What callers are told of themselves, and tickets for those whose next request can carry no
header."""

from aiohttp import web

from server.doors.answers import CallerAnswer, TicketAnswer
from server.doors.caller import NOBODY
from server.doors.entrance import CALLER, DOORKEEPER
from server.doors.tickets import GOOD_S


async def who_asks(request: web.Request) -> web.Response:
    """``GET /api/hair-tryOn/me``: whom the server takes the caller for."""
    if request.app[DOORKEEPER].is_open:
        return CallerAnswer(user_id=None, is_admin=False).reply()
    caller = request[CALLER]
    return CallerAnswer(user_id=caller.user_id, is_admin=caller.is_admin).reply()


async def give_ticket(request: web.Request) -> web.Response:
    """``POST /api/hair-tryOn/tickets``: a ticket that speaks for who asks, once, for a minute."""
    doorkeeper = request.app[DOORKEEPER]
    # A ticket of a demo is worth nothing where its keys are used behind closed doors.
    ticket = doorkeeper.tickets.issue(NOBODY if doorkeeper.is_open else request[CALLER])
    return TicketAnswer(ticket=ticket, expires_in=GOOD_S).reply(201)
