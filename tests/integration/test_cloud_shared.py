"""Servers that share a Redis have the same made once, though both are asked at once."""

import asyncio
from dataclasses import replace
from math import inf
from pathlib import Path

import pytest

from server.cloud import salon
from server.keys import PHOTOS_WAITING
from tests.integration.cloud import CloudScene, cloud
from tests.integration.haircuts import Haircuts
from tests.integration.redis import Redis
from tests.integration.service import StartService, eventually
from tests.integration.test_cloud_budget import QuickCutter
from tests.integration.test_film_cloud import finish
from tests.integration.test_try_on_cloud import cloudy
from tests.pictures import jpeg, noise

__all__ = ["cloud"]


async def test_the_same_photo_is_paid_once(
    start_service: StartService,
    cloud: CloudScene,
    redis: Redis,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The second waits, and gets what the first has made."""
    monkeypatch.setattr(salon, "Cutter", QuickCutter)
    cloud.service.course = replace(cloud.service.course, runs_s=inf)
    settings = cloudy(cloud, redis_url=redis.url)
    servers = [await start_service(data_dir=tmp_path / name, **settings) for name in "ab"]
    clients = [Haircuts(one.caller.http, one.caller.url) for one in servers]
    for client in clients:
        await client.agree()
    asked = [
        asyncio.create_task(client.made_by(jpeg(noise()), look='{"color": "copper"}'))
        for client in clients
    ]
    await eventually(lambda: any(one.app[PHOTOS_WAITING]._users for one in servers))
    await eventually(lambda: cloud.service.count("create") == 1)
    finish(cloud)
    assert await asyncio.gather(*asked) == ["replicate"] * 2
    assert len(cloud.service.billed) == len(cloud.service.predictions) == 1
    with redis.client() as plain:
        assert not plain.keys("*-making")
