"""The meters, as Prometheus reads them."""

from aiohttp import hdrs, web
from prometheus_client.exposition import choose_encoder

from server.keys import SERVICES


async def metrics(request: web.Request) -> web.Response:
    """``GET /metrics``, in the form that is asked for."""
    encode, content_type = choose_encoder(request.headers.get(hdrs.ACCEPT, ""))
    body = encode(request.app[SERVICES].meters.registry)
    return web.Response(body=body, headers={hdrs.CONTENT_TYPE: content_type})
