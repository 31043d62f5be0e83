"""This instance among the others."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final

from aiohttp import web

from server.background import at_work
from server.instances.addresses import address_of
from server.instances.lodging import SharedLodging
from server.instances.messenger import Messenger
from server.instances.neighbours import Neighbours
from server.instances.seals import Seals
from server.metrics.shared import SharedMeters
from server.services import Services
from server.settings import Settings
from server.stores import usable
from server.supervisor.place import WorkerPlace
from storage.redis_homes import RedisHomes
from storage.redis_link import RedisLink


@dataclass(frozen=True, slots=True)
class Instance:
    """Where this one is reached by others, what they say to each other, and who lives here. As one
    of several workers it tells the ``meters`` of all."""

    address: str
    seals: Seals
    neighbours: Neighbours
    lodging: SharedLodging
    messenger: Messenger
    meters: SharedMeters | None


INSTANCE: Final = web.AppKey("instance", Instance)


@asynccontextmanager
async def opened_instance(
    settings: Settings, place: WorkerPlace | None, services: Services
) -> AsyncIterator[Instance | None]:
    """Known to others for the length of the block; what they ask comes in elsewhere. None where
    there are no others."""
    address = address_of(settings, place)
    if not address:
        yield None
        return
    async with AsyncExitStack() as stack:
        with usable(settings, "redis_url"):
            link = RedisLink(settings.redis_url.get_secret_value(), use="homes")
        stack.push_async_callback(link.close)
        seals = Seals(services.files.keyring, services.clock)
        neighbours = Neighbours(seals, settings.body_timeout_s)
        homes, clock = RedisHomes(link), services.clock
        lodging = SharedLodging(homes, neighbours, address, services.journal, clock)
        await lodging.renew()  # others know of it before anything comes in
        await stack.enter_async_context(at_work(lodging.run()))
        meters = None
        if place is not None:
            slots = (replace(place, slot=slot) for slot in range(place.count))
            addresses = [address_of(settings, one) for one in slots]
            meters = SharedMeters(services.meters, place, addresses, neighbours)
            await stack.enter_async_context(at_work(meters.run()))
        yield Instance(address, seals, neighbours, lodging, Messenger(lodging, neighbours), meters)
