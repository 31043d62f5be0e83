"""The health page (report section 4.1)."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import pytest

from server import health
from storage.errors import StorageFailed
from tests.integration.service import Service

PATH = "/api/hair-tryOn/health"

Away: TypeAlias = Callable[[], Awaitable[None]]


async def test_a_well_service(service: Service) -> None:
    """The report's fields, with its types, and what waits."""
    answer = await service.caller.http.get(service.caller.url + PATH)
    body = await answer.json()
    assert answer.status == 200
    assert (body["status"], body["service"]) == ("healthy", "hair-tryOn-service")
    assert isinstance(body["version"], str)
    assert isinstance(body["uptime"], int)
    assert (body["mongodb"], body["database"]) == ("not used", "connected")
    assert (body["files"], body["cache"], body["ai_model"]) == ("connected", "memory", "ready")
    assert (body["videos_queued"], body["videos_processing"]) == (0, 0)


async def fail() -> None:
    """As a store that fails."""
    raise StorageFailed("TEST")


async def hang() -> None:
    """As a store that does not answer."""
    await asyncio.Event().wait()


@pytest.mark.parametrize("away", [fail, hang])
async def test_without_its_database(
    service: Service, monkeypatch: pytest.MonkeyPatch, away: Away
) -> None:
    """503, so that balancers look elsewhere, and it says why."""
    monkeypatch.setattr(health, "DATABASE_S", 0.0)
    monkeypatch.setattr(service.services.database.results, "workload", away)
    answer = await service.caller.http.get(service.caller.url + PATH)
    body = await answer.json()
    assert (answer.status, body["status"], body["database"]) == (503, "unhealthy", "unavailable")


@pytest.mark.parametrize("away", [fail, hang])
async def test_without_its_files(
    service: Service, monkeypatch: pytest.MonkeyPatch, away: Away
) -> None:
    """It says so; live sessions, which need none, are not sent elsewhere."""
    monkeypatch.setattr(health, "FILES_S", 0.0)
    monkeypatch.setattr(service.services.files, "ping", away)
    answer = await service.caller.http.get(service.caller.url + PATH)
    body = await answer.json()
    assert (answer.status, body["status"], body["files"]) == (200, "healthy", "unavailable")
