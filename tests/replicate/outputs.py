"""The stand-in for the host that outputs come from, which has no business with tokens."""

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from tests.replicate.server import RecordingServer

_PIECE = bytes(64 * 1024)


@dataclass(frozen=True, slots=True)
class Output:
    """A file to be fetched. Beyond ``data`` it goes on with zeros up to ``claims_bytes``, if
    that is more; ``says_length`` tells so in advance."""

    data: bytes
    content_type: str = "image/jpeg"
    claims_bytes: int = 0
    says_length: bool = True


class OutputHost(RecordingServer):
    """Serves ``/out/NAME``; ``/to?url=`` redirects. Operations: ``output``, ``redirect``."""

    def __init__(self) -> None:
        super().__init__()
        self.sent_bytes = 0
        self._outputs: dict[str, Output] = {}

    def routes(self) -> Sequence[tuple[str, web.RouteDef]]:
        """See RecordingServer."""
        return [
            ("output", web.get("/out/{name}", self._output)),
            ("redirect", web.get("/to", self._redirect)),
        ]

    def put(self, output: Output, name: str = "out.jpg") -> str:
        """Serve it; the address."""
        self._outputs[name] = output
        return f"{self.url}/out/{name}"

    @property
    def tokens(self) -> list[str]:
        """What came here of credentials."""
        names = {"authorization", "cookie", "x-api-key"}
        return [
            value
            for request in self.requests
            for name, value in request.headers.items()
            if name.lower() in names
        ]

    async def _redirect(self, request: web.Request) -> web.Response:
        raise web.HTTPFound(request.query["url"])

    async def _output(self, request: web.Request) -> web.StreamResponse:
        output = self._outputs[request.match_info["name"]]
        response = web.StreamResponse(headers={"Content-Type": output.content_type})
        size_bytes = max(len(output.data), output.claims_bytes)
        if output.says_length:
            response.content_length = size_bytes
        await response.prepare(request)
        await response.write(output.data)
        self.sent_bytes += len(output.data)
        for _ in range(len(output.data), size_bytes, len(_PIECE)):
            await response.write(_PIECE)
            self.sent_bytes += len(_PIECE)
        await response.write_eof()
        return response
