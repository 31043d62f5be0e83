"""Live progress, from a job to those who watch it."""

import asyncio

import pytest

from processing.local.classic.engine import ClassicEngine
from server.jobs import lifetime
from tests.integration.held import Change, Held
from tests.integration.service import StartService, eventually
from tests.integration.test_events import told, watch

SELDOM_S = 600.0
"""A lease that is not renewed before a test is over."""


@pytest.fixture
async def held(start_service: StartService, monkeypatch: pytest.MonkeyPatch) -> Held:
    """A service whose jobs tell the database nothing before their end."""
    change = Change()
    monkeypatch.setattr(lifetime, "Workshop", lambda _timeout_s: change)
    return Held(await start_service(ClassicEngine(), job_lease_s=SELDOM_S), change)


async def test_is_seen_before_the_database_knows(held: Held) -> None:
    """By those who ask, and by those who watch; at the end nothing of it is left."""
    services = held.service.services
    result_id = await held.videos.ordered(await held.videos.upload())
    await held.videos.until_frames(result_id, 5)
    record = await services.database.results.get(result_id)
    assert record is not None
    assert record.frames_done == 0
    async with asyncio.timeout(10), await watch(held, result_id) as answer:
        name, data = await anext(told(answer))
    assert (name, data["frames_done"], data["progress"]) == ("progress", 5, 0.417)
    held.change.outcome.set_result(None)
    await held.videos.ended(result_id)
    key, cache = f"status:u1:{result_id}", services.cache
    await eventually(lambda: key not in cache._entries)  # type: ignore[attr-defined]
