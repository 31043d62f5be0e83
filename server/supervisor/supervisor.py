"""Starts workers, gives them connections, starts those again that end, and stops them in order.

One process listens and hands each connection to the worker that has least to do. If they all
listened at one socket, whichever woke up first would take what waits, and live sessions stay where
they begin.
"""

import asyncio
import signal
import socket
import sys
import tempfile
from collections.abc import Callable
from typing import Final

import structlog

from server.settings import Settings, SettingsInvalid, place_of
from server.stores import usable
from server.supervisor.balance import lightest
from server.supervisor.channel import Crew
from server.supervisor.listeners import Listeners
from server.supervisor.pauses import Pauses
from server.supervisor.worker import SILENT_LOOKS, Worker
from storage.lock import DirectoryLock

INVALID: Final = 2
"""The exit code of a worker that cannot begin."""
KILL_S: Final = 20.0
"""Beyond the times that the settings give a worker to stop: then it is made to."""
LOOK_S: Final = 1.0
HANGS_LOOKS: Final = 60
"""A worker's loop that says nothing for so many looks hangs, and it is made to end."""

log = structlog.get_logger(__name__)


class Supervisor:
    """Has ``settings.workers`` processes at work; each is begun with the same flags."""

    def __init__(self, settings: Settings, flags: list[str], listeners: Listeners) -> None:
        self._settings = settings
        self._flags = flags
        self._listeners = listeners
        self._workers = dict[int, Worker]()
        self._stopping = asyncio.Event()
        self._codes = list[int]()
        self._turn = 0
        self._invalid = ""

    async def run(self, announce: Callable[[], None]) -> int:
        """Until a signal comes and all workers have ended; the exit code. ``announce`` is called
        when all are ready for the first time. Raises SettingsInvalid if one cannot begin."""
        self._announce: Callable[[], None] | None = announce
        with tempfile.TemporaryDirectory(prefix="hair-tryon-") as folder:
            self._watch_signals()
            try:
                async with asyncio.TaskGroup() as tasks:
                    for slot in range(self._settings.workers):
                        tasks.create_task(self._keep(slot, folder))
            finally:
                self._listeners.close()
                for worker in self._workers.values():
                    worker.signal(signal.SIGKILL)
                    await worker.process.wait()
        if self._invalid:
            raise SettingsInvalid(self._invalid)
        return 1 if any(self._codes) else 0

    # -- one worker -----------------------------------------------------------------------------

    async def _keep(self, slot: int, folder: str) -> None:
        """Have a worker in this slot, until it is time to stop."""
        pauses, loop = Pauses(), asyncio.get_running_loop()
        while not self._stopping.is_set():
            worker = Worker(slot=slot)
            try:
                await worker.start(self._settings.workers, folder, self._flags, loop.time())
            except OSError as error:
                log.error("worker cannot be started", worker=slot, reason=error.strerror)  # noqa: TRY400
                await self._wait(pauses.after(0.0))
                continue
            self._workers[slot] = worker
            if self._stopping.is_set():
                worker.signal(signal.SIGTERM)
            code = await self._ended(worker)
            del self._workers[slot]
            self._crew_changed()
            if self._stopping.is_set():
                # One that was just being started ends as the signal has it.
                self._codes.append(code if worker.was_ready else 0)
            elif self._announce is not None and code == INVALID and worker.reason:
                self._invalid = worker.reason
                self._stop(signal.SIGTERM)
            else:
                lived_s = loop.time() - worker.began_s
                pause_s = pauses.after(lived_s)
                why = worker.reason or None
                log.error("worker ended", worker=slot, code=code, reason=why, again_in_s=pause_s)
                await self._wait(pause_s)

    async def _ended(self, worker: Worker) -> int:
        """Hear what it says until its end; its exit code, or the signal's number below zero."""
        loop = asyncio.get_running_loop()

        def heard() -> None:
            try:
                worker.hear()
            except EOFError:
                loop.remove_reader(worker.channel.fileno())
                worker.takes = False
            self._crew_changed()

        loop.add_reader(worker.channel.fileno(), heard)
        waiting = asyncio.create_task(worker.process.wait())
        try:
            while not waiting.done():
                await asyncio.wait([waiting], timeout=LOOK_S)
                self._look_at(worker)
        finally:
            waiting.cancel()
            heard()
            loop.remove_reader(worker.channel.fileno())
            worker.channel.close()
        worker.takes = False
        return waiting.result()

    def _look_at(self, worker: Worker) -> None:
        """Looks are counted and not seconds: when this process itself has stood still, what all
        have said meanwhile is yet to be read. Who stops has another limit."""
        worker.silent_looks += 1
        if not worker.was_ready or self._stopping.is_set():
            return
        if worker.takes and worker.silent_looks == SILENT_LOOKS:
            log.warning("worker says nothing", worker=worker.slot)
            self._crew_changed()
        elif worker.silent_looks == HANGS_LOOKS:
            log.error("worker hangs", worker=worker.slot)
            worker.signal(signal.SIGKILL)

    async def _wait(self, pause_s: float) -> None:
        try:
            async with asyncio.timeout(pause_s):
                await self._stopping.wait()
        except TimeoutError:
            return

    # -- all of them ----------------------------------------------------------------------------

    def _crew_changed(self) -> None:
        ready = self._ready()
        crew = Crew(len(ready), self._settings.workers)
        for worker in self._workers.values():
            worker.tell_news(crew)
        if not ready:
            self._listeners.pause()
            return
        self._listeners.open(self._take)
        if self._announce is not None and len(ready) == self._settings.workers:
            self._announce()
            self._announce = None

    def _ready(self) -> list[Worker]:
        return [worker for worker in self._workers.values() if worker.is_ready]

    def _take(self, connection: socket.socket) -> bool:
        """Give it to a worker, if there is one that has room for it. One whose channel is full has
        more to do than the others."""
        ready = self._ready()
        while (worker := lightest(ready)) is not None:
            self._turn += 1
            worker.turn = self._turn
            if worker.give(connection):
                return True
            ready.remove(worker)
        return False

    # -- the end --------------------------------------------------------------------------------

    def _watch_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._on_signal, number)

    def _on_signal(self, number: signal.Signals) -> None:
        if self._stopping.is_set():
            for worker in self._workers.values():
                worker.signal(signal.SIGKILL)
            raise SystemExit(128 + number)
        log.info("stopping", workers=len(self._workers))
        self._stop(number)

    def _stop(self, number: signal.Signals) -> None:
        """Who comes when workers take nobody any more is refused, and looks elsewhere; nobody would
        answer who waits."""
        self._stopping.set()
        self._announce = None
        for worker in self._workers.values():
            worker.signal(number)
        loop, drain_s = asyncio.get_running_loop(), self._settings.drain_s
        loop.call_later(drain_s, self._listeners.close)
        loop.call_later(drain_s + self._settings.stop_timeout_s + KILL_S, self._kill)

    def _kill(self) -> None:
        for worker in self._workers.values():
            log.error("worker does not stop", worker=worker.slot)
            worker.signal(signal.SIGKILL)


async def supervise(
    settings: Settings, flags: list[str], announce: Callable[[tuple[str, int]], None]
) -> int:
    """Serve by several workers until SIGTERM or SIGINT; a second signal ends all at once. Returns
    the exit code: 0 if all have stopped in order, else 1.

    Raises SettingsInvalid as ``serve`` does, and if workers have nothing to share.
    """
    settings.check_doors()
    settings.check_instances()
    if sys.platform != "linux":
        raise SettingsInvalid(f"wrong setting: {place_of('workers')}: more than one need Linux")
    with usable(settings, "data_dir"):
        lock = await asyncio.to_thread(DirectoryLock.take, settings.data_dir)
    try:
        listeners = bound(settings)
        return await Supervisor(settings, flags, listeners).run(lambda: announce(listeners.address))
    finally:
        lock.release()


def bound(settings: Settings) -> Listeners:
    """Raises SettingsInvalid."""
    try:
        return Listeners(settings.host, settings.port)
    except (OSError, UnicodeError) as error:
        raise unbindable(settings, error) from None


def unbindable(settings: Settings, error: Exception) -> SettingsInvalid:
    """Why the address cannot be listened on."""
    detail = getattr(error, "strerror", None) or "no such address"
    return SettingsInvalid(f"cannot listen on {settings.host}:{settings.port}: {detail}")
