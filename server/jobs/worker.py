"""``run.py worker``: a process that does nothing but change films, which Redis brings it."""

import asyncio
from contextlib import AsyncExitStack, suppress
from typing import Final

import structlog
from taskiq import AsyncBroker
from taskiq.acks import AcknowledgeType
from taskiq.receiver import Receiver

from media.clock import SystemClock
from server.background import at_work
from server.jobs.lifetime import ATTEMPTS, make_runner, started
from server.jobs.progress import LiveProgress
from server.jobs.sweeper import Sweeper
from server.jobs.tickets import Tickets, open_broker
from server.jobs.workshop import Workshop
from server.serve import stop_on_signals
from server.settings import Settings, SettingsInvalid
from server.storage_settings import ENV_PREFIX
from server.stores import opened_stores

RETRY_S: Final = 2.0
"""So long after Redis was lost it is looked for again."""

log = structlog.get_logger(__name__)


async def work(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT; jobs under way are then handed back.

    Raises SettingsInvalid when there is no Redis in the settings, or a store cannot be used.
    """
    redis_url = settings.redis_url.get_secret_value()
    if not redis_url:
        name = f"redis_url (REDIS_URL, {ENV_PREFIX}REDIS_URL, --redis-url)"
        raise SettingsInvalid(f"wrong setting: {name}: a worker needs one")
    stop, clock, broker = stop_on_signals(), SystemClock(), open_broker(redis_url)
    async with AsyncExitStack() as stack:
        stores = await stack.enter_async_context(opened_stores(settings, clock))
        workshop = Workshop(settings.job_timeout_s)
        stack.push_async_callback(workshop.close)
        progress = LiveProgress(stores.cache)
        await stack.enter_async_context(at_work(progress.run()))
        runner = make_runner(settings, stores, clock, workshop, progress)
        tickets = Tickets(broker, runner.take_one)
        await stack.enter_async_context(started(broker))
        await stack.enter_async_context(at_work(tickets.run()))
        sweeper = Sweeper(stores, clock, tickets, ATTEMPTS)
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
