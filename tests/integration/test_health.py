"""The health page (report section 4.1)."""

import pytest

from storage.errors import StorageFailed
from tests.integration.service import Service

PATH = "/api/hair-tryOn/health"


async def test_a_well_service(service: Service) -> None:
    """The report's fields, with its types, and what waits."""
    answer = await service.caller.http.get(service.caller.url + PATH)
    body = await answer.json()
    assert answer.status == 200
    assert (body["status"], body["service"]) == ("healthy", "hair-tryOn-service")
    assert isinstance(body["version"], str)
    assert isinstance(body["uptime"], int)
    assert (body["mongodb"], body["database"]) == ("not used", "connected")
    assert (body["cache"], body["ai_model"]) == ("memory", "ready")
    assert (body["videos_queued"], body["videos_processing"]) == (0, 0)


async def test_without_its_database(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """503, so that balancers look elsewhere, and it says why."""

    async def fail() -> None:
        raise StorageFailed("SQLITE_IOERR")

    monkeypatch.setattr(service.services.database.results, "workload", fail)
    answer = await service.caller.http.get(service.caller.url + PATH)
    body = await answer.json()
    assert (answer.status, body["status"], body["database"]) == (503, "unhealthy", "unavailable")
