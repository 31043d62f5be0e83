"""The meters, as Prometheus reads them."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler
from prometheus_client import Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from server.answering import BEGUN, CAME_S, LEFT
from server.instances.instance import INSTANCE
from server.instances.marks import ARRIVED
from server.keys import SERVICES
from server.metrics.meters import Meters


@dataclass(frozen=True, slots=True)
class _Taken:
    """Meters as they were at one moment, as an encoder asks for them."""

    metrics: Sequence[Metric]

    def collect(self) -> Sequence[Metric]:
        return self.metrics


async def metrics(request: web.Request) -> web.Response:
    """``GET /metrics``, in the form that is asked for; of all workers together, if there are
    several."""
    services = request.app[SERVICES]
    meters, accept = services.meters, request.headers.get(hdrs.ACCEPT, "")
    await meters.videos.ask(services.database.results)
    instance = request.app.get(INSTANCE)
    if instance is None or instance.meters is None:
        return await written(meters, accept)
    await meters.disks.ask()
    return await _written(_Taken(await instance.meters.all()), accept)


async def written(meters: Meters, accept: str) -> web.Response:
    """The meters as they are now, in the form that is accepted."""
    await meters.disks.ask()
    # Read between two events, so that they agree with each other.
    return await _written(_Taken(list(meters.registry.collect())), accept)


async def _written(taken: _Taken, accept: str) -> web.Response:
    encode, content_type = _form(accept)
    # To write thousands of lines would keep frames waiting.
    body = await asyncio.to_thread(encode, taken)
    return web.Response(body=body, headers={hdrs.CONTENT_TYPE: content_type})


def _form(accept: str) -> tuple[Callable[[Collector], bytes], str]:
    """Of a version that is no number the library makes an error."""
    try:
        return choose_encoder(accept)
    except (TypeError, ValueError):
        return choose_encoder("")


async def count_request(request: web.Request, response: web.StreamResponse) -> None:
    """Every answer is counted when it begins: a live session, or a stream of events, lasts for
    hours."""
    _count(request, response.status)


@web.middleware
async def counting(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Those who leave before there is an answer are counted, too: what they asked for may have
    cost."""
    try:
        return await handler(request)
    except asyncio.CancelledError:
        if BEGUN not in request:
            _count(request, LEFT)
        raise


def _count(request: web.Request, status: int) -> None:
    """What another instance has passed on is counted there."""
    if ARRIVED in request:
        return
    resource = request.match_info.route.resource
    endpoint = None if resource is None else resource.canonical
    now_s = asyncio.get_running_loop().time()
    meters = request.app[SERVICES].meters.requests
    seconds = now_s - request.get(CAME_S, now_s)
    meters.answered(request.method, endpoint, status, seconds)
