"""What balancers and Kubernetes ask: whether this process lives, and whether to send it clients."""

from aiohttp import web

from server.answers import LifeAnswer, ReadinessAnswer
from server.health import Reached, asked, crew_of
from server.keys import LEAVING, SERVICES
from server.supervisor.channel import Crew

AWAY = "unavailable"


async def livez(_: web.Request) -> web.Response:
    """``GET /livez``: 200 as long as requests are answered at all; who is not is started anew,
    which would help no store that is away."""
    return LifeAnswer(status="alive").reply()


async def readyz(request: web.Request) -> web.Response:
    """``GET /readyz``: 503 for one that is about to stop, or without its database. Clients that are
    there stay."""
    reached = await asked(request.app[SERVICES])
    reasons = _reasons(reached, is_leaving=request.app[LEAVING].is_set())
    answer = ReadinessAnswer(
        status="not ready" if reasons else "ready",
        reasons=reasons,
        missed=_missed(reached, crew_of(request)),
    )
    return answer.reply(503 if reasons else 200)


def _reasons(reached: Reached, *, is_leaving: bool) -> list[str]:
    """Why nobody should be sent here."""
    leaving = ["the server is stopping"] if is_leaving else []
    return leaving if reached.load is not None else [*leaving, "the database does not answer"]


def _missed(reached: Reached, crew: Crew) -> list[str]:
    """What does not answer, and without which live sessions go on."""
    workers = [f"{crew.missed} of {crew.count} workers"] if crew.missed else []
    told = {"the file store": reached.files, "the cache": reached.cache}
    return [*(name for name, reach in told.items() if reach == AWAY), *workers]
