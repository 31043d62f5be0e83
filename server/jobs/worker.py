"""``run.py worker``: a process that does nothing but change films, which Redis brings it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

import structlog
from taskiq import AsyncBroker
from taskiq.acks import AcknowledgeType
from taskiq.receiver import Receiver

from media.clock import Clock, SystemClock
from processing.local import local_engines
from processing.pool import WorkerPool
from server.cloud.doorbell import Doorbell
from server.cloud.means import WorkerMeans
from server.cloud.opened import opened_salons
from server.cloud.salon import Salon
from server.jobs.lifetime import jobs_working
from server.metrics.alone import served_alone
from server.metrics.meters import Meters
from server.serve import stop_on_signals
from server.settings import Settings, SettingsInvalid
from server.storage_settings import ENV_PREFIX
from server.stores import Stores, opened_stores
from server.tariff import Tariff
from server.traces.opened import opened_traces

RETRY_S: Final = 2.0
"""So long after Redis was lost it is looked for again."""
CLOSE_S: Final = 1.0
"""A keyframe that is being cut here is waited for no longer."""

log = structlog.get_logger(__name__)


async def work(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT; jobs under way are then handed back.

    Raises SettingsInvalid when there is no Redis in the settings, or a store or the port for its
    meters cannot be used.
    """
    if not settings.redis_url.get_secret_value():
        name = f"redis_url (REDIS_URL, {ENV_PREFIX}REDIS_URL, --redis-url)"
        raise SettingsInvalid(f"wrong setting: {name}: a worker needs one")
    stop, clock, meters = stop_on_signals(), SystemClock(), Meters()
    meters.disks.watch(settings.folders)
    async with (
        opened_traces(settings, clock, meters.spans) as traces,
        opened_stores(settings, clock) as stores,
        served_alone(settings, meters),
        _salon(settings, stores, clock, meters) as salon,
        jobs_working(
            settings,
            stores,
            clock,
            salon,
            meters=meters.videos,
            traces=traces,
            leaving=stop,
        ) as works,
        asyncio.TaskGroup() as tasks,
    ):
        tasks.create_task(_listen(works.broker, settings.job_places, stop))
        await works.workshop.expect()
        log.info("worker ready", places=settings.job_places)
        await stop.wait()
        log.info("stopping")
        # Who listens waits for the jobs whose tickets came.
        await works.runner.stop()
    log.info("stopped")


@asynccontextmanager
async def _salon(
    settings: Settings, stores: Stores, clock: Clock, meters: Meters
) -> AsyncIterator[Salon]:
    """Where films are cut. One thread is enough for what is done here before and after that.
    Webhooks come to servers: here it is looked whether a picture is made."""
    pool = WorkerPool(1, clock)
    means = WorkerMeans(
        settings=settings,
        clock=clock,
        engines=local_engines(settings.networks),
        pool=pool,
        database=stores.database,
        cache=stores.cache,
        tariff=Tariff.of(settings, stores.database.tiers),
        meters=meters,
    )
    try:
        async with opened_salons(settings, means, Doorbell()) as salons:
            yield salons.films
    finally:
        await pool.close(CLOSE_S)


async def _listen(broker: AsyncBroker, places: int, stop: asyncio.Event) -> None:
    """Have tickets taken until it is time to stop, however often Redis goes away."""
    broker.is_worker_process = True
    while not stop.is_set():
        receiver = Receiver(
            broker,
            max_async_tasks=places,
            run_startup=True,
            ack_type=AcknowledgeType.WHEN_RECEIVED,
        )
        try:
            await receiver.listen(stop)
        except Exception as error:
            log.warning("no tickets come", reason=type(error).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), RETRY_S)
