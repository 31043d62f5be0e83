"""The service as a real process, for tests that start, stop and kill it."""

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.integration.running import Running, execute, fork

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 15.0
UNLIMITED = dict.fromkeys(
    ("uploads_per_hour", "calls_per_hour", "connections_per_minute", "max_user_sessions"), 1_000_000
)
"""Tests do in seconds what people do in hours."""


class ServerProcess:
    """``run.py`` on a free loopback port; started again it keeps its port and its data."""

    start_timeout_s = START_TIMEOUT_S

    def __init__(self, data_dir: Path, **settings: str | float) -> None:
        self.data_dir = data_dir
        self._settings = {**UNLIMITED, **settings}
        self._command: tuple[str, ...] = ()
        self._port = 0
        self._process: Running | None = None
        self._output: list[str] = []
        self._reading: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """The address it serves on."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int:
        """The running process's id."""
        assert self._process is not None
        return self._process.pid

    @property
    def output(self) -> str:
        """All that it has printed, on both streams."""
        return "".join(self._output)

    async def start(self) -> None:
        """Start it and wait until it serves."""
        flags = [f"--{name.replace('_', '-')}={value}" for name, value in self._settings.items()]
        place = (f"--port={self._port}", f"--data-dir={self.data_dir}")
        self._process = await self._begin([*self._command, *place, "--log-format=json", *flags])
        async with asyncio.timeout(self.start_timeout_s):
            self._port = await self._read_start()
        self._reading = asyncio.create_task(self._read_output())

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send the signal, wait for the end and return the exit code."""
        process = self._process
        if process is None:
            return 0
        process.send(number)
        async with asyncio.timeout(STOP_TIMEOUT_S):
            code = await process.wait()
        if self._reading is not None:
            await self._reading
        self._process = self._reading = None
        return code

    async def _begin(self, arguments: list[str]) -> Running:
        return await fork(arguments)

    async def _read_start(self) -> int:
        """The port it serves on."""
        return int((await self._read_until("is served on")).rsplit(":", 1)[1])

    async def _read_until(self, words: str) -> str:
        """The line that has these words."""
        assert self._process is not None
        while line := (await self._process.output.readline()).decode():
            self._output.append(line)
            if words in line:
                return line
        await self._process.wait()
        raise AssertionError(f"the process did not start:\n{self.output}")

    async def _read_output(self) -> None:
        assert self._process is not None
        async for line in self._process.output:
            self._output.append(line.decode())


class WorkerProcess(ServerProcess):
    """``run.py worker``, which serves nothing."""

    def __init__(self, data_dir: Path, **settings: str | float) -> None:
        super().__init__(data_dir, **settings)
        self._command = ("worker",)

    async def _read_start(self) -> int:
        await self._read_until("worker ready")
        return 0


class ExecutedProcess(ServerProcess):
    """``run.py`` begun as people begin it, not forked."""

    async def _begin(self, arguments: list[str]) -> Running:
        return await execute(arguments)


@contextmanager
def shared_process(server: ServerProcess) -> Iterator[ServerProcess]:
    """The service for tests that have a loop each: what it prints is read by a loop of its own."""
    loop = asyncio.new_event_loop()
    reader = threading.Thread(target=loop.run_forever)
    reader.start()
    try:
        asyncio.run_coroutine_threadsafe(server.start(), loop).result()
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        reader.join()
        loop.close()
