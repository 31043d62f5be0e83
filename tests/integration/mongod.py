"""A real MongoDB server, a replica set of one, on a free loopback port."""

import gc
import importlib.util
import os
import signal
import socket
import subprocess
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pymongo
import pytest
from pymongo.errors import PyMongoError

from tests.integration.programs import free_port

_START_S: Final = 60.0
_STOP_S: Final = 30.0
_TRIES: Final = 5
"""So many ports, as another process may take one before the server does."""


class Mongod:
    """Started again it keeps its port and its data. Its calls wait: on the event loop of clients
    that should go on meanwhile, call them by ``asyncio.to_thread``."""

    def __init__(self, folder: Path, *options: str, replica_set: bool = True) -> None:
        self._program = _program()
        self._folder = folder
        self._options = ["--replSet", "rs0", *options] if replica_set else list(options)
        self._is_set = replica_set
        self._port = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def uri(self) -> str:
        """Its address, without a database."""
        return f"mongodb://127.0.0.1:{self._port}/"

    @property
    def pid(self) -> int:
        """The running process's id."""
        assert self._process is not None
        return self._process.pid

    def database(self, name: str) -> str:
        """The address of a database."""
        return f"{self.uri}{name}"

    def start(self) -> None:
        """Start it, and wait until it takes writes."""
        self._folder.mkdir(parents=True, exist_ok=True)
        is_new = self._port == 0
        for _ in range(_TRIES if is_new else 1):
            if is_new:
                self._port = free_port()
            self._process = subprocess.Popen(self._command(), stdout=subprocess.DEVNULL)
            if self._answers():
                break
        else:
            pytest.fail(f"mongod did not start:\n{self._log()[-2000:]}")
        self._lead(is_new)

    def stop(self) -> None:
        """Stop it in an orderly way, if it runs."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Kill it, as if the power of its process were cut."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """It stands still: connections stay open, nothing is answered."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """It goes on where it stood."""
        os.kill(self.pid, signal.SIGCONT)

    def client(self) -> "pymongo.MongoClient[dict[str, Any]]":
        """A client for what tests look up or set right, to be closed."""
        return pymongo.MongoClient(
            self.uri,
            directConnection=True,
            serverSelectionTimeoutMS=500,
            # The bounds of an index are dates that Python has not got.
            datetime_conversion="DATETIME_AUTO",
        )

    def _command(self) -> list[str]:
        return [
            str(self._program), *self._options, "--port", str(self._port), "--bind_ip", "127.0.0.1",
            "--dbpath", str(self._folder), "--logpath", str(self._folder / "log"), "--logappend",
            "--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "64", "--nounixsocket", "--quiet",
            "--setParameter", "diagnosticDataCollectionEnabled=false",
        ]  # fmt: skip

    def _answers(self) -> bool:
        """Whether it answers at last; False if it has ended."""
        assert self._process is not None
        deadline = time.monotonic() + _START_S
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                with socket.create_connection(("127.0.0.1", self._port), 1):
                    return True
            except OSError:
                time.sleep(0.02)
        self.kill()
        return False

    def _lead(self, is_new: bool) -> None:
        with self.client() as client:
            if is_new and self._is_set:
                members = [{"_id": 0, "host": f"127.0.0.1:{self._port}"}]
                client.admin.command("replSetInitiate", {"_id": "rs0", "members": members})
            deadline = time.monotonic() + _START_S
            while not _takes_writes(client):
                if time.monotonic() > deadline:
                    pytest.fail(f"mongod takes no writes:\n{self._log()[-2000:]}")
                time.sleep(0.02)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            # One that stands still would not hear any other signal.
            self._process.send_signal(signal.SIGCONT)
            self._process.wait(_STOP_S)
            self._process = None

    def _log(self) -> str:
        path = self._folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""


@pytest.fixture(scope="session")
def mongod(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mongod]:
    """The server that the tests of a worker share, each with a database of its own name."""
    server = Mongod(tmp_path_factory.mktemp("mongod"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
def own_mongod(tmp_path: Path, unreached: None) -> Iterator[Mongod]:
    """A server for a test that stops it."""
    server = Mongod(tmp_path / "mongod")
    server.start()
    yield server
    server.kill()


@pytest.fixture
def unreached() -> Iterator[None]:
    """For a test whose server cannot be reached: PyMongo does not close a socket whose connection
    is being made when its client is closed. It is closed as garbage, in this test and in no other.
    """
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def _program() -> Path:
    """The executable. Skips the test where there is none, except in CI: there it fails."""
    spec = importlib.util.find_spec("fiftyone")
    places = [] if spec is None else spec.submodule_search_locations or []
    for place in places:
        path = Path(place) / "db" / "bin" / "mongod"
        if path.exists() and _runs(path):
            return path
    reason = (
        "no MongoDB server runs here (pip install -r tests/requirements.txt; libssl3, libcurl4)"
    )
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def _runs(path: Path) -> bool:
    return subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0


def _takes_writes(client: "pymongo.MongoClient[dict[str, Any]]") -> bool:
    try:
        return bool(client.admin.command("hello").get("isWritablePrimary"))
    except PyMongoError:
        return False
