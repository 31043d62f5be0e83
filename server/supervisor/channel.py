"""What a supervisor and a worker tell each other: short messages, and connections."""

import socket
from dataclasses import asdict, dataclass
from typing import Final, TypeAlias

import orjson

MOST_BYTES: Final = 4096
"""Of one message."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The worker takes connections from now on."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """The worker takes no more connections."""


@dataclass(frozen=True, slots=True)
class Unusable:
    """The worker cannot begin with these settings, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Load:
    """What the worker has to do: open connections, live sessions; how many connections it was given
    since it began; and whether it is short of file handles for more."""

    connections: int
    sessions: int
    given: int
    is_short: bool = False


@dataclass(frozen=True, slots=True)
class Crew:
    """How many workers are ready, of how many; said by the supervisor."""

    ready: int
    count: int

    @property
    def missed(self) -> int:
        """How many are not ready."""
        return self.count - self.ready


@dataclass(frozen=True, slots=True)
class Connection:
    """Somebody has connected; the handle comes along, unless who receives it may have no more: then
    the client is lost."""


Message: TypeAlias = Ready | Leaving | Unusable | Load | Crew | Connection
_KINDS: Final = {kind.__name__: kind for kind in (Ready, Leaving, Unusable, Load, Crew, Connection)}


class Channel:
    """One end. Nothing waits: what there is no room for is not sent."""

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        self._end = end

    @classmethod
    def pair(cls) -> tuple["Channel", "Channel"]:
        """Both ends. Raises OSError where the system has no such thing."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        return cls(ours), cls(theirs)

    @classmethod
    def of(cls, handle: int) -> "Channel":
        """The end that the process was started with."""
        return cls(socket.socket(fileno=handle))

    def fileno(self) -> int:
        """Its handle."""
        return self._end.fileno()

    def send(self, message: Message, connection: socket.socket | None = None) -> bool:
        """Whether it was sent; else there is no room now, or nobody at the other end."""
        said = orjson.dumps({"kind": type(message).__name__, **asdict(message)})[:MOST_BYTES]
        handles = [] if connection is None else [connection.fileno()]
        try:
            socket.send_fds(self._end, [said], handles)
        except OSError:
            return False
        return True

    def receive(self) -> tuple[Message, socket.socket | None] | None:
        """The next message, None if there is none yet. Raises EOFError at the end."""
        try:
            said, handles, _, _ = socket.recv_fds(self._end, MOST_BYTES, 1, socket.MSG_CMSG_CLOEXEC)
        except BlockingIOError:
            return None
        except OSError:
            raise EOFError from None
        if not said:
            raise EOFError
        values = orjson.loads(said)
        message = _KINDS[values.pop("kind")](**values)
        return message, socket.socket(fileno=handles[0]) if handles else None

    def close(self) -> None:
        """Let go of this end."""
        self._end.close()
