"""A worker, as its supervisor sees it."""

import asyncio
import socket
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from server.supervisor.balance import Burden
from server.supervisor.channel import (
    Channel,
    Connection,
    Crew,
    Leaving,
    Load,
    Ready,
    Unusable,
)
from server.supervisor.place import WorkerPlace

RUN: Final = Path(__file__).parents[2] / "run.py"
COMMAND: Final = "serve-as"
"""What makes ``run.py`` one of several workers; its place follows."""
SILENT_LOOKS: Final = 3
"""Who has said nothing for so many looks is given nothing: two seconds at least, where a word comes
each second."""


@dataclass(slots=True, eq=False)
class Worker(Burden):
    """A process of its own, begun anew and not forked."""

    slot: int = 0
    process: asyncio.subprocess.Process = field(init=False)
    channel: Channel = field(init=False)
    takes: bool = False
    """By its word."""
    was_ready: bool = False
    reason: str = ""
    """Why it cannot begin, if it says so."""
    silent_looks: int = 0
    """So often it was looked since it has said something."""
    _told: Crew | None = None
    began_s: float = 0.0

    @property
    def is_ready(self) -> bool:
        """Whether it is to be given connections."""
        return self.takes and not self.load.is_short and self.silent_looks < SILENT_LOOKS

    async def start(self, count: int, folder: str, flags: list[str], now_s: float) -> None:
        """Begin it. Signals of a terminal go to the supervisor alone. Raises OSError."""
        self.channel, theirs = Channel.pair()
        try:
            place = WorkerPlace(self.slot, count, theirs.fileno(), folder)
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                str(RUN),
                COMMAND,
                place.text(),
                *flags,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        except BaseException:
            self.channel.close()
            raise
        finally:
            theirs.close()
        self.began_s = now_s

    def hear(self) -> None:
        """Take in what it says. Raises EOFError when it has ended."""
        while (heard := self.channel.receive()) is not None:
            self.silent_looks = 0
            match heard[0]:
                case Ready():
                    self.takes = self.was_ready = True
                case Leaving():
                    self.takes = False
                case Unusable(reason):
                    self.reason = reason
                case Load() as load:
                    self.load = load

    def give(self, connection: socket.socket) -> bool:
        """Whether it was given the connection."""
        if not self.channel.send(Connection(), connection):
            return False
        self.given += 1
        return True

    def tell_news(self, crew: Crew) -> None:
        """How many there are, if that is news."""
        if crew != self._told and self.channel.send(crew):
            self._told = crew

    def signal(self, number: int) -> None:
        """Send it a signal, if it is there."""
        if self.process.returncode is None:
            self.process.send_signal(number)
