"""The cloud engine, opened by the settings."""

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final

from processing.cloud.breaker import BreakerRules
from processing.cloud.catalogue import Catalogue
from processing.cloud.desk import Desk
from processing.cloud.download import Downloader
from processing.cloud.edit import Quality
from processing.cloud.editor import CloudEditor, sleep
from processing.cloud.replicate_link import ReplicateLink
from server.cloud.artist import Artist
from server.cloud.breaker import opened_breaker
from server.cloud.described_models import models_of
from server.cloud.doorbell import Doorbell
from server.cloud.means import SalonMeans
from server.cloud.metered import MeteredEditor
from server.cloud.salon import Salon
from server.settings import Settings, SettingsInvalid, place_of

AT_ONCE: Final = 5
"""Films have so many places at a server, or at a worker (report section 6.4): a job waits no longer
for five pictures than for one, and those who wait together are not turned away for their number."""
USERS_SHARE, USERS_LEAST = 3, 2
"""One user has a third of the places for photos, and two at least."""
PROBE_MARGIN_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Salons:
    """Where photos are cut, and where films are: neither takes the other's places; and where
    styles are drawn."""

    photos: Salon
    films: Salon
    styles: Artist


@asynccontextmanager
async def opened_salons(
    settings: Settings, means: SalonMeans, doorbell: Doorbell
) -> AsyncIterator[Salons]:
    """Nothing is asked of the network before somebody wants a picture. Raises SettingsInvalid."""
    async with AsyncExitStack() as stack:
        has_cloud = settings.has_cloud
        desk = await _desk(settings, means, doorbell, stack) if has_cloud else None
        of_films = None if desk is None else desk.beside(AT_ONCE)
        yield Salons(Salon(means, desk), Salon(means, of_films), Artist(means, desk))


async def _desk(
    settings: Settings, means: SalonMeans, doorbell: Doorbell, stack: AsyncExitStack
) -> Desk:
    within_s = settings.cloud_timeout_s
    token = settings.replicate_api_token.get_secret_value()
    link = await stack.enter_async_context(
        ReplicateLink(token, settings.replicate_url, lifetime_s=within_s)
    )
    downloader = await stack.enter_async_context(
        Downloader(settings.cloud_output_hosts, allows_http=settings.cloud_allows_http)
    )
    # No worker of live frames is kept waiting by what came from elsewhere.
    executor = stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="cloud"))
    catalogue = catalogue_of(settings)
    rules = BreakerRules(probe_s=within_s + PROBE_MARGIN_S)
    breaker = await stack.enter_async_context(opened_breaker(settings, means.clock, rules))
    webhook = settings.cloud_webhook_url or None
    pause = doorbell.pause if webhook else sleep
    editor = CloudEditor(link, downloader, catalogue, executor, webhook=webhook, pause=pause)
    metered = MeteredEditor(editor, catalogue, means.meters.cloud)
    places = settings.cloud_places
    of_one = max(USERS_LEAST, places // USERS_SHARE)
    return Desk(metered, catalogue, breaker, places=places, within_s=within_s, of_one=of_one)


def catalogue_of(settings: Settings) -> Catalogue:
    """The models, of the versions and at the prices that are set. Raises SettingsInvalid."""
    prices = {
        model: dict(zip(Quality, of_each, strict=True))
        for model, of_each in settings.cloud_model_prices.items()
    }
    catalogue = Catalogue().preferring(models_of(settings.cloud_models))
    name = "cloud_versions"
    try:
        catalogue = catalogue.with_versions(settings.cloud_model_versions)
        name = "cloud_prices"
        return catalogue.with_prices(prices)
    except ValueError as error:
        raise SettingsInvalid(f"wrong setting: {place_of(name)}: {error}") from None
