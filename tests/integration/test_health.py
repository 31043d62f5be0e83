"""The health page (report section 4.1)."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import pytest

from server import answering, health
from server.keys import LEAVING
from storage.errors import StorageFailed
from tests.integration.service import Service
from tests.logged import logged

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


async def probed(service: Service, path: str) -> tuple[int, dict[str, Any]]:
    """Its status and document."""
    async with service.caller.http.get(service.caller.url + path) as answer:
        return answer.status, await answer.json()


async def test_probes_of_a_well_service(service: Service) -> None:
    """It lives, and may be sent clients."""
    assert await probed(service, "/livez") == (200, {"status": "alive"})
    ready = {"status": "ready", "reasons": [], "missed": []}
    assert await probed(service, "/readyz") == (200, ready)


async def test_who_stops_is_sent_nobody(service: Service) -> None:
    """But is not held to be dead."""
    service.app[LEAVING].set()
    with logged(answering) as lines:
        status, body = await probed(service, "/readyz")
    assert [line["log_level"] for line in lines] == ["warning"]  # it goes as it should
    assert (status, body["status"]) == (503, "not ready")
    assert body["reasons"] == ["the server is stopping"]
    assert (await probed(service, "/livez"))[0] == 200


async def test_who_has_no_database_is_sent_nobody(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What live sessions can do without is told of only."""
    monkeypatch.setattr(service.services.database.results, "workload", fail)
    monkeypatch.setattr(service.services.files, "ping", fail)
    status, body = await probed(service, "/readyz")
    assert (status, body["reasons"]) == (503, ["the database does not answer"])
    assert body["missed"] == ["the file store"]
    monkeypatch.undo()
    assert (await probed(service, "/readyz"))[0] == 200
