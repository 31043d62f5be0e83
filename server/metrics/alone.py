"""The meters of a process that serves nothing else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import hdrs, web

from server.answering import answering, tell_id
from server.background import at_work
from server.connections.runner import listen, make_runner
from server.doors.scrapers import Scrapers
from server.errors import ErrorCode
from server.metrics.exposition import written
from server.metrics.meters import Meters
from server.replies import RequestRefused
from server.settings import Settings
from server.stores import usable

GRACE_S: Final = 1.0


@asynccontextmanager
async def served_alone(settings: Settings, meters: Meters) -> AsyncIterator[None]:
    """Let machines of ``metrics_networks`` read them at ``metrics_port``, and nobody else, for the
    length of the block. Raises SettingsInvalid where that port cannot be had."""
    if not settings.metrics_port:
        yield
        return
    place = settings.model_copy(update={"port": settings.metrics_port})
    runner = make_runner(_app(settings, meters), place, grace_s=GRACE_S)
    try:
        await runner.setup()
        with usable(settings, "metrics_port"):
            await listen(runner, place, None)
        async with at_work(meters.machine.run()):
            yield
    finally:
        await runner.cleanup()


def _app(settings: Settings, meters: Meters) -> web.Application:
    scrapers = Scrapers(settings.scraper_networks, settings.gateway_networks)

    async def metrics(request: web.Request) -> web.Response:
        """``GET /metrics``."""
        if not scrapers.are_meant(request):
            raise RequestRefused(403, ErrorCode.FORBIDDEN, "This is for other machines")
        return await written(meters, request.headers.get(hdrs.ACCEPT, ""))

    app = web.Application(middlewares=[answering])
    app.router.add_get("/metrics", metrics)
    app.on_response_prepare.append(tell_id)
    return app
