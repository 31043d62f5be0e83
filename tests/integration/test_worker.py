"""A worker inside the test's own process, with a Redis that is away."""

import asyncio
from pathlib import Path

import pytest

from server.jobs import lifetime, worker
from server.settings import Settings
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
