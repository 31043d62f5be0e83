"""Jobs from the service's start to its stop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

import structlog
from taskiq import AsyncBroker

from media.clock import Clock
from media.film.probe import FilmLimits
from server.background import at_work
from server.jobs.herald import Herald
from server.jobs.job import JobMeans, JobOptions
from server.jobs.lease import LeaseTerms
from server.jobs.progress import LiveProgress
from server.jobs.queue import JobQueue
from server.jobs.runner import JobRunner
from server.jobs.sweeper import Sweeper
from server.jobs.tickets import Tickets, open_broker
from server.jobs.workshop import Workshop
from server.settings import Settings
from server.signed import Signer
from server.stores import Stores
from storage.results import QueueBounds, RunningBounds

ATTEMPTS: Final = 3
BEATS: Final = 15
"""So many times a lease is renewed before it would end."""
STARTUP_S: Final = 2.0
"""A broker that hangs is not waited for any longer; tickets need nothing of its start."""
MAX_RATE_FPS: Final = 240
"""Frames a second that a film may have on average: slow motion has as many."""

log = structlog.get_logger(__name__)


def film_limits(settings: Settings) -> FilmLimits:
    """Which films are taken."""
    frames = round(settings.max_video_s * MAX_RATE_FPS)
    return FilmLimits(settings.max_video_s, frames, settings.max_video_px)


def make_runner(
    settings: Settings, stores: Stores, clock: Clock, workshop: Workshop, progress: LiveProgress
) -> JobRunner:
    """Who works on jobs in this process."""
    lease_s = settings.job_lease_s
    terms = LeaseTerms(lease_s, lease_s / BEATS)
    options = JobOptions(terms, ATTEMPTS, settings.networks, film_limits(settings))
    bounds = RunningBounds(settings.max_jobs, settings.max_user_jobs)
    means = JobMeans(stores, clock, workshop.change, options, progress)
    return JobRunner(means, settings.job_places, bounds)


@asynccontextmanager
async def jobs_running(
    settings: Settings, stores: Stores, clock: Clock, signer: Signer
) -> AsyncIterator[JobQueue]:
    """Jobs are carried out: here, unless there is a Redis that brings them to the workers. When
    this is left those under way are handed back."""
    redis_url = settings.redis_url.get_secret_value()
    async with AsyncExitStack() as stack:
        broker, workshop = open_broker(redis_url), Workshop(settings.job_timeout_s)
        progress = LiveProgress(stores.cache)
        await stack.enter_async_context(at_work(progress.run()))
        runner = make_runner(settings, stores, clock, workshop, progress)
        tickets = Tickets(broker, runner.take_one)
        await stack.enter_async_context(started(broker))
        await stack.enter_async_context(at_work(tickets.run()))
        stack.push_async_callback(workshop.close)
        stack.push_async_callback(runner.stop)
        sweeper = Sweeper(stores, clock, tickets, ATTEMPTS)
        await stack.enter_async_context(at_work(sweeper.run()))
        if secret := settings.webhook_secret.get_secret_value():
            herald = Herald(stores.database, clock, signer, secret, settings.webhook_trusted)
            await stack.enter_async_context(at_work(herald.run()))
        yield JobQueue(
            stores,
            clock,
            tickets,
            bounds=QueueBounds(settings.max_queued_jobs, settings.max_user_queued_jobs),
            places=settings.job_places,
            expect=_nobody if redis_url else workshop.expect,
        )


async def _nobody() -> None:
    """Who has the jobs done elsewhere gets nothing ready here."""


@asynccontextmanager
async def started(broker: AsyncBroker) -> AsyncIterator[None]:
    """A broker that is started, and shut down when left. One that is away now may come back."""
    try:
        async with asyncio.timeout(STARTUP_S):
            await broker.startup()
    except Exception as error:
        log.warning("no tickets can be sent yet", reason=type(error).__name__)
    try:
        yield
    finally:
        await broker.shutdown()
