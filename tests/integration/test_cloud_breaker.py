"""The breaker as clients have it: what they are told while the cloud fails, and after."""

from pathlib import Path

from media.codec import decode_photo
from processing.cloud.cutter import Cutter
from processing.local.natural.engine import NaturalEngine
from processing.look import Look
from tests.fakes import ManualClock
from tests.integration.cloud import CloudScene, cloud
from tests.integration.haircuts import Haircuts
from tests.integration.redis import Redis
from tests.integration.service import Service, StartService
from tests.integration.test_try_on_cloud import PHOTO, cloudy
from tests.pictures import jpeg
from tests.replicate.mischief import Reply
from tests.replicate.outputs import Output

__all__ = ["cloud"]

COPPER = '{"color": "copper"}'


async def told(service: Service, times: int) -> list[str]:
    """Who made each of so many pictures, or why it was not the cloud."""
    haircuts = Haircuts(service.caller.http, service.caller.url)
    await haircuts.agree()
    return [await haircuts.made_by(PHOTO, look=COPPER) for _ in range(times)]


def dyed() -> bytes:
    """The photo's part that is sent, with other hair."""
    sent = Cutter().begin(decode_photo(PHOTO, 10**7), is_square=False).portrait.view.picture
    return jpeg(NaturalEngine().retouch(sent, Look("natural", color=(200, 60, 40))).picture, 95)


async def test_servers_share_it(
    start_service: StartService, cloud: CloudScene, redis: Redis, tmp_path: Path
) -> None:
    """Five orders fail at one, and the other, which has asked for nothing yet, does not ask."""
    settings = cloudy(cloud, redis_url=redis.url)
    one, other = [await start_service(data_dir=tmp_path / name, **settings) for name in "ab"]
    cloud.service.orders.always("create", Reply(500))
    assert await told(one, 5) == ["unavailable"] * 5
    assert await told(other, 1) == ["breaker_open"]
    assert await told(one, 1) == ["breaker_open"]
    assert cloud.service.count("create") == 5


async def test_its_states_over_time(start_service: StartService, cloud: CloudScene) -> None:
    """Closed, open for a minute, half open for one order that fails, open for another minute, and
    closed when one succeeds."""
    clock = ManualClock()
    service = await start_service(clock=clock, **cloudy(cloud))
    cloud.give(Output(dyed()))
    cloud.service.orders.once("create", *[Reply(500)] * 6)
    assert await told(service, 6) == ["unavailable"] * 5 + ["breaker_open"]
    clock.advance(59.9)
    assert await told(service, 1) == ["breaker_open"]
    clock.advance(0.1)
    assert await told(service, 2) == ["unavailable", "breaker_open"]
    clock.advance(60)
    assert await told(service, 2) == ["replicate"] * 2
    assert cloud.service.count("create") == 7  # the last picture was known
