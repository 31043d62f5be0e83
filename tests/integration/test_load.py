"""What ``make load`` puts a service under, for a moment, by a real Locust."""

from pathlib import Path
from typing import Any

from processing.local.classic.engine import ClassicEngine
from tests.integration.service import StartService
from tests.load.generator import LoadPlan, generate
from tests.load.recorder import CONNECT, FRAME, LOOK
from tests.load.who import SETTINGS


async def test_locust_loads_a_service(start_service: StartService, tmp_path: Path) -> None:
    """Who is live comes with a token of their own, puts a look on, and has each frame answered;
    and visitors come by HTTP."""
    settings: dict[str, Any] = dict(SETTINGS)
    # One that a film's own process has as well: some visitors order one.
    service = await start_service(ClassicEngine(), **settings)
    plan = LoadPlan(
        seconds=4.0,
        live_users=2,
        live_fps=10.0,
        session_s=0.5,
        visitors_per_minute=300.0,
        slot_s=1.0,
    )
    record = await generate(plan, service.caller.url, tmp_path)
    assert record.errors == {}
    for name in (CONNECT, LOOK, FRAME):
        assert record.total(name).count > 0
    assert any(row.name.startswith(("GET ", "POST ")) for row in record.totals)
