"""A worker inside the test's own process, with a Redis that is away."""

import asyncio
import socket
from pathlib import Path

import pytest
from aiohttp import ClientSession

from server.jobs import lifetime, worker
from server.metrics.alone import served_alone
from server.metrics.meters import Meters
from server.settings import Settings, SettingsInvalid
from storage.results import ResultStatus
from tests.fakes import PATIENCE_S
from tests.integration.held import Change

NOWHERE = "redis://127.0.0.1:1"


class Expecting(Change):
    """Says when the worker is about to be ready, and fails then if it is to."""

    def __init__(self, failure: Exception | None) -> None:
        super().__init__()
        self.expected = asyncio.Event()
        self._failure = failure

    async def expect(self) -> None:
        self.expected.set()
        if self._failure is not None:
            raise self._failure


@pytest.mark.parametrize("failure", [None, ZeroDivisionError()])
async def test_a_worker_leaves_nobody_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: Exception | None
) -> None:
    """Cancelled, or ended by a fault: who listens for tickets has ended when the stores close."""
    workshop, before = Expecting(failure), asyncio.all_tasks()
    monkeypatch.setattr(lifetime, "Workshop", lambda _timeout_s: workshop)
    monkeypatch.setattr(worker, "stop_on_signals", asyncio.Event)
    settings = Settings(_env_file=None, data_dir=tmp_path, redis_url=NOWHERE)
    working = asyncio.create_task(worker.work(settings))
    async with asyncio.timeout(PATIENCE_S):
        await workshop.expected.wait()
        if failure is None:
            working.cancel()
        await asyncio.wait([working])
    assert working.cancelled() == (failure is None)
    assert asyncio.all_tasks() == before


@pytest.fixture
def port() -> int:
    """A free one."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.mark.parametrize(
    ("networks", "status"), [("127.0.0.0/8", 200), ("10.0.0.0/8", 403), ("", 403)]
)
async def test_what_a_worker_counts_is_read(
    tmp_path: Path, http: ClientSession, port: int, networks: str, status: int
) -> None:
    """By who connects from where meters are read, and by nobody else."""
    settings = Settings(
        _env_file=None, data_dir=tmp_path, metrics_networks=networks, metrics_port=port
    )
    meters = Meters()
    meters.videos.ended(ResultStatus.COMPLETED, 3.0)
    url = f"http://127.0.0.1:{port}"
    async with served_alone(settings, meters):
        async with http.get(f"{url}/metrics") as answer:
            text = await answer.text()
        async with http.get(f"{url}/metrics", headers={"X-Forwarded-For": "10.0.0.1"}) as forwarded:
            assert forwarded.status == 403
        async with http.get(f"{url}/api/hair-tryOn/health") as elsewhere:
            assert elsewhere.status == 404
    assert answer.status == status
    counted = 'hair_tryon_videos_processed_total{status="completed"} 1.0'
    assert (counted in text.splitlines()) == (status == 200)


async def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    """By the setting that names it; the worker does not start."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        settings = Settings(_env_file=None, data_dir=tmp_path, metrics_port=port)
        with pytest.raises(SettingsInvalid, match="metrics_port"):
            async with served_alone(settings, Meters()):
                pass
