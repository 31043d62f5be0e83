"""Replicate tells that a picture is made, and nobody need look for it."""

from collections.abc import Iterator
from io import BytesIO
from itertools import repeat
from typing import Any, Final

import pytest

from processing.cloud.patience import Patience
from server.cloud.webhooks import MOST_BYTES, SIGNATURE, TIMESTAMP
from server.cloud_settings import WEBHOOK_PATH
from server.keys import WEBHOOKS
from server.replies import RequestRefused
from tests.integration.cloud import CloudScene, cloud
from tests.integration.service import Service, StartService, eventually
from tests.integration.test_try_on import refusal
from tests.integration.test_try_on_cloud import agree, cloudy, cut, give_edit
from tests.replicate.predictions import Course

__all__ = ["cloud"]

PUBLIC: Final = "https://hair.example"
OTHER: Final = "whsec_" + "A" * 32


@pytest.fixture
async def service(start_service: StartService, cloud: CloudScene) -> Service:
    """A service that Replicate tells what is over."""
    settings = cloudy(
        cloud,
        cloud_webhook_url=PUBLIC + WEBHOOK_PATH,
        replicate_webhook_secret=cloud.service.secret,
    )
    service = await start_service(**settings)
    cloud.service.webhooks.leads_to = {PUBLIC: service.caller.url}
    return service


async def test_a_webhook_ends_the_wait(
    service: Service, cloud: CloudScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Long before anybody would have looked: be it told while the picture is waited for, or, to
    who wants another one, before it is known by name. That it is told twice does no harm."""

    def looks(_: Patience) -> Iterator[float]:
        return repeat(3600.0)

    monkeypatch.setattr(Patience, "looks", looks)
    await agree(service)
    give_edit(cloud)
    output, webhooks = cloud.service.course.output, cloud.service.webhooks
    cloud.service.course = Course(0.02, 0.02, output=output)
    webhooks.times = 2
    assert (await cut(service)).headers["X-AI-Model"] == "replicate"
    webhooks.comes_first = True
    assert (await cut(service, haircut="Pixie")).headers["X-AI-Model"] == "replicate"
    assert webhooks.answers == [204] * 4
    assert cloud.service.count("get") <= 2  # none of one that is over before it has a name


async def test_what_comes_again_as_it_was_is_refused(service: Service, cloud: CloudScene) -> None:
    """Replicate tells again with another time, and whoever has read it cannot."""
    webhooks, url = cloud.service.webhooks, service.caller.url + WEBHOOK_PATH
    webhooks.comes_first, webhooks.times = True, 2

    async def told() -> dict[str, Any]:
        return {"id": "p9"}

    await webhooks.announce(PUBLIC + WEBHOOK_PATH, told())
    assert webhooks.answers == [204, 204]
    headers, body = webhooks.sent
    time = headers[name := TIMESTAMP.title()]
    for written in (
        time,
        f"{time}.0",
        f"{time}.5",
        f"0{time}",
        f"+{time}",
        f"{time}e0",
        f" {time}",
    ):
        again = headers | {name: written}
        answer = await service.caller.http.post(url, data=body, headers=again)
        assert await refusal(answer) == (403, "FORBIDDEN"), written


async def test_strangers_do_not_keep_webhooks_out(
    start_service: StartService, cloud: CloudScene
) -> None:
    """Whose bodies do not come: they have an address's places, and not everybody's."""
    settings = cloudy(
        cloud,
        cloud_webhook_url=PUBLIC + WEBHOOK_PATH,
        replicate_webhook_secret=cloud.service.secret,
        proxies="127.0.0.1",
    )
    service = await start_service(**settings)
    webhooks = cloud.service.webhooks
    webhooks.leads_to, webhooks.comes_first = {PUBLIC: service.caller.url}, True
    places = service.app[WEBHOOKS]
    for _ in range(5):
        client = await service.caller.connect_plain()
        await client.send_raw(
            f"POST {WEBHOOK_PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 500\r\n"
            f"X-Forwarded-For: 203.0.113.9\r\n{SIGNATURE}: v1,A\r\n\r\n".encode()
        )

    def are_taken() -> bool:
        try:
            places.check("203.0.113.9")
        except RequestRefused:
            return True
        return False

    await eventually(are_taken)

    async def told() -> dict[str, Any]:
        return {"id": "p9"}

    await webhooks.announce(PUBLIC + WEBHOOK_PATH, told())
    assert webhooks.answers == [204]


async def test_what_is_not_replicates_is_refused(service: Service, cloud: CloudScene) -> None:
    """What is signed by others, or long ago, or not at all, or is too large."""
    webhooks, secret = cloud.service.webhooks, cloud.service.secret
    webhooks.comes_first = True
    url, http = service.caller.url + WEBHOOK_PATH, service.caller.http

    async def told() -> dict[str, Any]:
        return {"id": "p9"}

    for webhooks.secret, webhooks.age_s in ((OTHER, 0.0), (secret, 360.0), (secret, 0.0)):
        await webhooks.announce(PUBLIC + WEBHOOK_PATH, told())
    assert webhooks.answers == [403, 403, 204]
    assert await refusal(await http.post(url, data=b"{}")) == (403, "FORBIDDEN")
    too_large, headers = BytesIO(bytes(MOST_BYTES + 1)), {SIGNATURE: "v1,A"}
    answer = await http.post(url, data=too_large, headers=headers)
    assert await refusal(answer) == (413, "FILE_TOO_LARGE")
