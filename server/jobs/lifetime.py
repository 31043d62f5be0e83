"""Jobs from the service's start to its stop."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

import structlog
from taskiq import AsyncBroker

from media.clock import Clock
from media.film.probe import FilmLimits
from server.jobs.herald import Herald
from server.jobs.job import JobMeans, JobOptions
from server.jobs.queue import JobQueue
from server.jobs.runner import JobRunner
from server.jobs.sweeper import Sweeper
from server.jobs.tickets import Tickets, open_broker
from server.jobs.workshop import Workshop
from server.settings import Settings
from storage.database import Database
from storage.files import LocalFiles
from storage.results import QueueBounds, RunningBounds

ATTEMPTS: Final = 3
BEATS: Final = 15
"""So many times a lease is renewed before it would end."""
MAX_RATE_FPS: Final = 240
"""Frames a second that a film may have on average: slow motion has as many."""

log = structlog.get_logger(__name__)


def film_limits(settings: Settings) -> FilmLimits:
    """Which films are taken."""
    frames = round(settings.max_video_s * MAX_RATE_FPS)
    return FilmLimits(settings.max_video_s, frames, settings.max_video_px)


def make_runner(
    settings: Settings, database: Database, files: LocalFiles, clock: Clock, workshop: Workshop
) -> JobRunner:
    """Who works on jobs in this process."""
    lease_s = settings.job_lease_s
    options = JobOptions(
        lease_s, lease_s / BEATS, ATTEMPTS, settings.networks, film_limits(settings)
    )
    bounds = RunningBounds(settings.max_jobs, settings.max_user_jobs)
    means = JobMeans(database, files, clock, workshop.change, options)
    return JobRunner(means, settings.job_places, bounds)


@asynccontextmanager
async def jobs_running(
    settings: Settings, database: Database, files: LocalFiles, clock: Clock
) -> AsyncIterator[JobQueue]:
    """Jobs are carried out: here, unless there is a Redis that brings them to the workers. When
    this is left those under way are handed back."""
    redis_url = settings.redis_url.get_secret_value()
    async with AsyncExitStack() as stack:
        broker, workshop = open_broker(redis_url), Workshop(settings.job_timeout_s)
        runner = make_runner(settings, database, files, clock, workshop)
        tickets = Tickets(broker, runner.take_one)
        await stack.enter_async_context(started(broker))
        await stack.enter_async_context(at_work(tickets.run()))
        stack.push_async_callback(workshop.close)
        stack.push_async_callback(runner.stop)
        sweeper = Sweeper(database, files, clock, tickets, ATTEMPTS)
        await stack.enter_async_context(at_work(sweeper.run()))
        if secret := settings.webhook_secret.get_secret_value():
            herald = Herald(database, clock, secret, settings.webhook_trusted)
            await stack.enter_async_context(at_work(herald.run()))
        yield JobQueue(
            database,
            files,
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
        await broker.startup()
    except Exception as error:
        log.warning("no tickets can be sent yet", reason=type(error).__name__)
    try:
        yield
    finally:
        await broker.shutdown()


@asynccontextmanager
async def at_work(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Work that has no end of its own, in the background."""
    task = asyncio.create_task(work)
    task.add_done_callback(_tell_of_end)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


def _tell_of_end(task: "asyncio.Task[None]") -> None:
    if not task.cancelled():
        log.error("background work has ended", exc_info=task.exception())
