"""Many who ask for pictures at once cannot spend more than there is, at however many servers."""

import asyncio
from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pytest

from media.frame import Picture
from media.photo import encode_photo
from server.cloud import salon
from server.cloud.opened import USERS_SHARE
from storage.spending import month_of
from tests.integration.cloud import CloudScene, cloud
from tests.integration.haircuts import Haircuts
from tests.integration.service import Service, StartService
from tests.integration.test_try_on_cloud import PRICE, cloudy
from tests.pictures import jpeg, noise

__all__ = ["cloud"]

ASKED: Final = 50
PAID: Final = 10
BUDGET_USD: Final = PAID * PRICE / 1_000_000
USERS: Final = tuple(f"u{number}" for number in range(5))
OF_ALL: Final = {"cloud_budget_usd": BUDGET_USD}
OF_ONE: Final = {"cloud_user_budget_usd": BUDGET_USD}
ROOM: Final = {"cloud_places": USERS_SHARE * ASKED, "max_photos": ASKED}
"""Nobody is sent away for want of a place."""
RUNS_S: Final = 0.05
"""Pictures are not there at once: money is put aside for many of them at the same time."""


class QuickCutter:
    """Sends the whole photo and takes what comes; so all ask for money at the same moment."""

    def __init__(self, _networks: str) -> None:
        pass

    def begin(self, photo: Picture, *, is_square: bool) -> SimpleNamespace:
        """See Cutter."""
        assert not is_square
        return SimpleNamespace(jpeg=encode_photo(photo, "jpeg", 90))

    def end(self, _cut: SimpleNamespace, edited: Picture) -> Picture:
        """See Cutter."""
        return edited


@pytest.fixture
async def servers(
    request: pytest.FixtureRequest,
    start_service: StartService,
    cloud: CloudScene,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> list[Service]:
    """One on SQLite, or two on one MongoDB, whose money is bounded by these settings."""
    kind, bounds = request.param
    monkeypatch.setattr(salon, "Cutter", QuickCutter)
    cloud.service.course = replace(cloud.service.course, runs_s=RUNS_S)
    settings: dict[str, Any] = {**cloudy(cloud), **ROOM, **bounds}
    if kind == "sqlite":
        return [await start_service(**settings)]
    settings["mongodb_uri"] = request.getfixturevalue("mongo_uri")
    return [await start_service(data_dir=tmp_path / name, **settings) for name in ("one", "two")]


async def spent(service: Service) -> int:
    """By all, in this month; millionths of a dollar."""
    services = service.services
    month = month_of(services.clock.utc_now())
    usages = [await services.database.spending.usage(user, month) for user in USERS]
    return sum(usage.spent_micro_usd for usage in usages)


@pytest.mark.parametrize(
    ("servers", "users"),
    [
        (("sqlite", OF_ALL), USERS),
        (("sqlite", OF_ONE), USERS[:1]),
        (("mongodb", OF_ALL), USERS),
    ],
    indirect=["servers"],
)
async def test_ten_of_fifty_are_paid(
    servers: list[Service], cloud: CloudScene, users: tuple[str, ...]
) -> None:
    """The others get a picture that was made here, and are told why."""
    clients = [Haircuts(service.caller.http, service.caller.url) for service in servers]
    await asyncio.gather(*(clients[0].agree(user) for user in users))
    asked = (
        clients[number % len(clients)].made_by(
            jpeg(noise(seed=number)), users[number % len(users)], look='{"color": "copper"}'
        )
        for number in range(ASKED)
    )
    made_by = Counter(await asyncio.gather(*asked))
    assert made_by == {"replicate": PAID, "budget_spent": ASKED - PAID}
    assert len(cloud.service.billed) == len(cloud.service.predictions) == PAID
    assert await spent(servers[0]) == PAID * PRICE
