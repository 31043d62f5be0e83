"""Jobs from the service's start to its stop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    nullcontext,
)
from dataclasses import dataclass
from typing import Final

import structlog
from taskiq import AsyncBroker

from media.clock import Clock
from media.film.probe import FilmLimits
from server.agreement import Agreement
from server.background import at_work
from server.cloud.opened import AT_ONCE
from server.cloud.salon import Salon
from server.jobs.ends import Ends
from server.jobs.film_cutter import FilmCutter
from server.jobs.herald import Herald
from server.jobs.job import JobMeans, JobOptions
from server.jobs.lease import LeaseTerms
from server.jobs.progress import LiveProgress
from server.jobs.queue import JobQueue
from server.jobs.runner import JobRunner
from server.jobs.sweeper import Sweeper
from server.jobs.tickets import Tickets, open_broker
from server.jobs.workshop import Workshop
from server.metrics.videos import VideoMeters
from server.settings import Settings
from server.signed import Signer
from server.stores import Stores
from server.traces.traces import Traces
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


@dataclass(frozen=True, slots=True)
class JobWorks:
    """What works on jobs in a process."""

    broker: AsyncBroker
    workshop: Workshop
    runner: JobRunner
    tickets: Tickets


@asynccontextmanager
async def jobs_working(
    settings: Settings,
    stores: Stores,
    clock: Clock,
    salon: Salon,
    *,
    meters: VideoMeters,
    traces: Traces,
    leaving: asyncio.Event,
) -> AsyncIterator[JobWorks]:
    """Ready to work. Once ``leaving`` is set no job is begun; when this is left those under way are
    handed back."""
    broker = open_broker(settings.redis_url.get_secret_value())
    workshop, progress = Workshop(settings.job_timeout_s), LiveProgress(stores.cache)
    agreement = Agreement.of(settings, stores.database.consents)
    ends = Ends(meters, traces)
    means = JobMeans(
        stores=stores,
        clock=clock,
        change=workshop.change,
        cutter=FilmCutter(workshop.scout, salon, AT_ONCE),
        options=_options(settings),
        progress=progress,
        agreement=agreement,
        ends=ends,
        traces=traces,
    )
    bounds = RunningBounds(settings.max_jobs, settings.max_user_jobs)
    runner = JobRunner(means, settings.job_places, bounds, leaving)
    tickets = Tickets(broker, runner.take_one)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(at_work(progress.run()))
        await stack.enter_async_context(_started(broker))
        await stack.enter_async_context(at_work(tickets.run()))
        stack.push_async_callback(workshop.close)
        stack.push_async_callback(runner.stop)
        sweeper = Sweeper(stores, clock, tickets, ATTEMPTS, ends)
        await stack.enter_async_context(at_work(sweeper.run()))
        yield JobWorks(broker, workshop, runner, tickets)


@asynccontextmanager
async def jobs_running(
    settings: Settings,
    stores: Stores,
    clock: Clock,
    signer: Signer,
    salon: Salon,
    *,
    meters: VideoMeters,
    traces: Traces,
    leaving: asyncio.Event,
) -> AsyncIterator[JobQueue]:
    """Jobs are carried out: here, unless there is a Redis that brings them to the workers. See
    jobs_working."""
    async with (
        jobs_working(
            settings, stores, clock, salon, meters=meters, traces=traces, leaving=leaving
        ) as works,
        _telling(settings, stores, clock, signer),
    ):
        yield JobQueue(
            stores,
            clock,
            works.tickets,
            Ends(meters, traces),
            bounds=QueueBounds(settings.max_queued_jobs, settings.max_user_queued_jobs),
            places=settings.job_places,
            expect=_nobody if settings.redis_url.get_secret_value() else works.workshop.expect,
        )


def _options(settings: Settings) -> JobOptions:
    terms = LeaseTerms(settings.job_lease_s, settings.job_lease_s / BEATS)
    return JobOptions(terms, ATTEMPTS, settings.networks, film_limits(settings))


def _telling(
    settings: Settings, stores: Stores, clock: Clock, signer: Signer
) -> AbstractAsyncContextManager[None]:
    """Users' servers are told, if there is a secret to sign with."""
    secret = settings.webhook_secret.get_secret_value()
    if not secret:
        return nullcontext()
    return at_work(Herald(stores.database, clock, signer, secret, settings.webhook_trusted).run())


async def _nobody() -> None:
    """Who has the jobs done elsewhere gets nothing ready here."""


@asynccontextmanager
async def _started(broker: AsyncBroker) -> AsyncIterator[None]:
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
