"""The meters, as Prometheus reads them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import hdrs, web
from prometheus_client import Metric
from prometheus_client.exposition import choose_encoder

from server.answering import CAME_S
from server.keys import SERVICES
from server.metrics.meters import Meters


@dataclass(frozen=True, slots=True)
class _Taken:
    """Meters as they were at one moment, as an encoder asks for them."""

    metrics: Sequence[Metric]

    def collect(self) -> Sequence[Metric]:
        return self.metrics


async def metrics(request: web.Request) -> web.Response:
    """``GET /metrics``, in the form that is asked for."""
    services = request.app[SERVICES]
    await services.meters.videos.ask(services.database.results)
    return await written(services.meters, request.headers.get(hdrs.ACCEPT, ""))


async def written(meters: Meters, accept: str) -> web.Response:
    """The meters as they are now, in the form that is accepted."""
    encode, content_type = choose_encoder(accept)
    # Read between two events, so that they agree with each other; to write thousands of lines
    # would keep frames waiting.
    taken = _Taken(list(meters.registry.collect()))
    body = await asyncio.to_thread(encode, taken)
    return web.Response(body=body, headers={hdrs.CONTENT_TYPE: content_type})


async def count_request(request: web.Request, response: web.StreamResponse) -> None:
    """Every answer is counted when it begins: a live session, or a stream of events, lasts for
    hours."""
    resource = request.match_info.route.resource
    endpoint = None if resource is None else resource.canonical
    now_s = asyncio.get_running_loop().time()
    meters = request.app[SERVICES].meters.requests
    seconds = now_s - request.get(CAME_S, now_s)
    meters.answered(request.method, endpoint, response.status, seconds)
