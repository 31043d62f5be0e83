"""The sockets that a supervisor listens at, for all its workers."""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import Final, TypeAlias

BACKLOG: Final = 128
"""So many clients wait while no worker takes them, as for a server of one process."""
PAUSE_S: Final = 0.5
"""So long nobody is taken when there are no handles for it."""
Take: TypeAlias = Callable[[socket.socket], bool]
"""Whether somebody was given the connection; else there is no room now."""


class Listeners:
    """Takes clients as long as it is ``open``; meanwhile, and before, they wait."""

    def __init__(self, host: str, port: int) -> None:
        """Bind them. Raises OSError and UnicodeError."""
        self._sockets = list[socket.socket]()
        self._is_open = False
        self._pause: asyncio.TimerHandle | None = None
        self._first: socket.socket | None = None
        """Who has connected and was not taken: all others wait behind."""
        try:
            for family, kind, _, _, address in _addresses(host, port):
                chosen = self._sockets[0].getsockname()[1] if self._sockets else port
                self._sockets.append(_bound(family, kind, (address[0], chosen, *address[2:])))
        except BaseException:
            self.close()
            raise

    @property
    def address(self) -> tuple[str, int]:
        """The first one's host and port."""
        host, port = self._sockets[0].getsockname()[:2]
        return str(host), int(port)

    def open(self, take: Take) -> None:
        """Have clients taken from now on, or from when there may be handles for them again. Where
        one is not taken, they wait until this is called again."""
        if self._is_open or self._pause is not None:
            return
        if self._first is not None and not self._offer(self._first, take):
            return
        self._is_open = True
        for one in self._sockets:
            asyncio.get_running_loop().add_reader(one, self._accept, one, take)

    def pause(self) -> None:
        """Let them wait."""
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None
        if self._is_open:
            self._is_open = False
            for one in self._sockets:
                asyncio.get_running_loop().remove_reader(one)

    def close(self) -> None:
        """Listen no more: who waits is told so."""
        self.pause()
        for one in self._sockets:
            one.close()
        self._sockets = []
        if self._first is not None:
            self._first.close()
            self._first = None

    def _accept(self, listener: socket.socket, take: Take) -> None:
        """One at a time, so that what workers say is heard in between."""
        try:
            connection, _ = listener.accept()
        except (BlockingIOError, ConnectionError):
            return
        except OSError:
            self.pause()
            loop = asyncio.get_running_loop()
            self._pause = loop.call_later(PAUSE_S, self._go_on, take)
            return
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not self._offer(connection, take):
            self.pause()

    def _offer(self, connection: socket.socket, take: Take) -> bool:
        """Whether it is taken."""
        is_taken = take(connection)
        if is_taken:
            connection.close()
        self._first = None if is_taken else connection
        return is_taken

    def _go_on(self, take: Take) -> None:
        self._pause = None
        self.open(take)


def _addresses(host: str, port: int) -> list[tuple[int, int, int, str, tuple[str, int, int, int]]]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return list(dict.fromkeys(found))  # type: ignore[arg-type]


def _bound(family: int, kind: int, address: tuple[str | int, ...]) -> socket.socket:
    listener = socket.socket(family, kind)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return listener
