"""``run.py worker``: a process that does nothing but change films, which Redis brings it."""

import asyncio
from contextlib import AsyncExitStack, suppress
from typing import Final

import structlog
from taskiq import AsyncBroker
from taskiq.acks import AcknowledgeType
from taskiq.receiver import Receiver

from media.clock import SystemClock
from server.jobs.lifetime import ATTEMPTS, at_work, make_runner, started
from server.jobs.sweeper import Sweeper
from server.jobs.tickets import Tickets, open_broker
from server.jobs.workshop import Workshop
from server.serve import stop_on_signals, unusable_folder
from server.settings import ENV_PREFIX, Settings, SettingsInvalid
from server.stores import stores
from storage.database import StorageError

RETRY_S: Final = 2.0
"""So long after Redis was lost it is looked for again."""

log = structlog.get_logger(__name__)


async def work(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT; jobs under way are then handed back.

    Raises SettingsInvalid when there is no Redis in the settings, or no data directory.
    """
    redis_url = settings.redis_url.get_secret_value()
    if not redis_url:
        name = f"redis_url (REDIS_URL, {ENV_PREFIX}REDIS_URL, --redis-url)"
        raise SettingsInvalid(f"wrong setting: {name}: a worker needs one")
    stop, clock, broker = stop_on_signals(), SystemClock(), open_broker(redis_url)
    async with AsyncExitStack() as stack:
        try:
            database, files = await stack.enter_async_context(stores(settings))
        except (StorageError, OSError) as error:
            raise unusable_folder(settings, error) from None
        workshop = Workshop(settings.job_timeout_s)
        stack.push_async_callback(workshop.close)
        runner = make_runner(settings, database, files, clock, workshop)
        tickets = Tickets(broker, runner.take_one)
        await stack.enter_async_context(started(broker))
        await stack.enter_async_context(at_work(tickets.run()))
        sweeper = Sweeper(database, files, clock, tickets, ATTEMPTS)
        await stack.enter_async_context(at_work(sweeper.run()))
        listening = asyncio.create_task(_listen(broker, settings.job_places, stop))
        await workshop.expect()
        log.info("worker ready", places=settings.job_places)
        await stop.wait()
        log.info("stopping")
        await runner.stop()
        await listening
    log.info("stopped")


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
