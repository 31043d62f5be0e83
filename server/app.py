"""The wiring: the only place where the rooms are put together."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext, suppress
from functools import partial

import orjson
import structlog
from aiohttp import web

from media.clock import Clock, SystemClock
from media.rtc.answerer import RtcOptions
from processing.engine import Engines
from processing.local import local_engines
from processing.local.memory import GIVEN_BACK_EVERY_S, give_back_freed_memory
from processing.pool import WorkerPool
from server.agreement import Agreement
from server.answering import answering, tell_id
from server.background import at_work, every
from server.calls import Calls
from server.caretaker import SILENT_S, Caretaker
from server.cloud.doorbell import Doorbell
from server.cloud.opened import opened_salons
from server.cloud.webhooks import HEARD_S
from server.connections.expecting import end_unasked, expecting
from server.dates import dating
from server.doors.consent import consenting
from server.doors.entrance import DOORKEEPER, LIMITS, entrance
from server.doors.limits import Limits, tell_limits
from server.doors.opened import opened_doorkeeper, uses_of
from server.doors.origins import crossing, hosting, telling
from server.erasure import Eraser
from server.examiner import FilmExaminer
from server.furnishing import furnish
from server.instances.addresses import address_of
from server.instances.instance import INSTANCE, opened_instance
from server.instances.passing import arriving, passing
from server.jobs.ends import Ends
from server.jobs.lifetime import film_limits, jobs_running
from server.journal import SessionJournal
from server.keys import (
    ARTIST,
    CALLS,
    CLOSING,
    DOORBELL,
    ERASER,
    FILMS,
    HEARD,
    JOBS,
    LEAVING,
    OPENAPI,
    SALON,
    SERVICES,
    SESSIONS,
)
from server.listed import LOOPBACK
from server.metrics.exposition import count_request, counting
from server.metrics.meters import Meters
from server.openapi.document import make_document
from server.openapi.security import schemes
from server.openapi.written import WrittenDocument
from server.pages import add_security_headers, insist_on_tls
from server.registry import LiveSessions
from server.routes import operations, routes, told
from server.services import Services
from server.settings import Settings
from server.signed import Signer
from server.stores import Stores, opened_stores, usable
from server.supervisor.place import WorkerPlace
from server.supervisor.seat import SEAT, Seat
from server.tariff import Tariff
from server.traces.opened import opened_traces
from server.traces.traces import TRACES, Traces
from storage.lock import DirectoryLock

POOL_CLOSE_S = 1.0
"""Frames that are still on a worker when all sessions have ended are waited for no longer."""
LAST_WRITES_S = 3.0
"""What a database does not take within this is left; the next start finds the sessions active."""

Lifetime = Callable[[web.Application], AsyncIterator[None]]

log = structlog.get_logger(__name__)


def create_app(
    settings: Settings,
    *,
    engines: Engines | None = None,
    clock: Clock | None = None,
    seat: Seat | None = None,
) -> web.Application:
    """The service as an aiohttp application, with a seat as one of several workers. Nothing is
    opened before it is started.

    Raises SettingsInvalid if anybody would be let in from anywhere, without its being meant; and
    when it is started, if a store or a folder that the settings name cannot be used.
    """
    settings.check_doors()
    settings.check_instances()
    place = seat.place if seat is not None else None
    has_others = bool(address_of(settings, place))
    engines = engines or local_engines(settings.networks)
    origins = settings.allowed_origins
    hosts = [hosting(LOOPBACK)] if settings.is_open and not settings.insecure else []
    table = operations()
    others = [passing(table)] if has_others else []
    inside = [crossing(origins), *others, entrance(table), consenting(table), expecting]
    arrivals = [arriving] if has_others else []
    app = web.Application(middlewares=[*arrivals, counting, answering, dating, *hosts, *inside])
    app.add_routes(routes())
    names, ways_in = engines.names, schemes(settings)
    app[OPENAPI] = WrittenDocument(lambda: orjson.dumps(make_document(told(), names, ways_in)))
    app.on_response_prepare.extend(
        [add_security_headers, tell_id, tell_limits, telling(origins), end_unasked, count_request]
    )
    if settings.tls_cert:
        app.on_response_prepare.append(insist_on_tls)
    app.cleanup_ctx.append(_lifetime(settings, engines, clock or SystemClock(), place))
    if seat is not None:
        app[SEAT] = seat
    app.on_shutdown.append(_stop_sessions)
    return app


def _lifetime(
    settings: Settings, engines: Engines, clock: Clock, place: WorkerPlace | None
) -> Lifetime:
    async def lifetime(app: web.Application) -> AsyncIterator[None]:
        """Open in order, close in the opposite order."""
        doorbell, meters = Doorbell(), Meters()
        if SEAT in app:
            meters.machine.watch_crew(lambda: app[SEAT].crew.missed)
        leaving = app[LEAVING] = asyncio.Event()
        async with (
            nullcontext() if place is not None else _locked(settings),  # the supervisor has it
            opened_traces(settings, clock, meters.spans) as traces,
            opened_stores(settings, clock) as stores,
            _serving(
                settings,
                engines,
                clock,
                stores,
                meters=meters,
                traces=traces,
                is_alone=place is None,
            ) as services,
            opened_instance(settings, place, services) as instance,
            opened_doorkeeper(settings, stores, clock) as doorkeeper,
            opened_salons(settings, services, doorbell) as salons,
            jobs_running(
                settings,
                stores,
                clock,
                services.signer,
                salons.films,
                meters=meters.videos,
                traces=traces,
                leaving=leaving,
            ) as jobs,
        ):
            app[SERVICES], app[JOBS], app[DOORKEEPER] = services, jobs, doorkeeper
            app[DOORBELL], app[TRACES] = doorbell, traces
            app[HEARD] = uses_of(settings, stores, clock, "heard", HEARD_S)
            app[SALON], app[ARTIST] = salons.photos, salons.styles
            app[LIMITS] = Limits.by(settings, stores.windows, clock)
            app[FILMS] = FilmExaminer(film_limits(settings), settings.threads)
            furnish(app, settings)
            app[SESSIONS] = LiveSessions(services, instance.lodging if instance else None)
            if instance is not None:
                app[INSTANCE] = instance
                instance.lodging.when_lost(app[SESSIONS].lost)
            meters.frames.watch(app[SESSIONS], settings.max_sessions)
            services.journal.when_erased(app[SESSIONS].erased)
            messenger = instance.messenger if instance is not None else None
            app[ERASER] = Eraser(
                stores,
                services.journal,
                app[SESSIONS],
                clock,
                settings,
                ends=Ends(meters.videos, traces),
                messenger=messenger,
            )
            app[CALLS] = calls = Calls(services, app[SESSIONS], _rtc_options(settings))
            meters.links.watch(lambda: calls.viewer_count)
            meters.disks.watch(settings.folders)
            try:
                yield
            finally:
                await app[CALLS].close()

    return lifetime


@asynccontextmanager
async def _locked(settings: Settings) -> AsyncIterator[None]:
    """The data directory is this process's own."""
    with usable(settings, "data_dir"):
        lock = await asyncio.to_thread(DirectoryLock.take, settings.data_dir)
    try:
        yield
    finally:
        lock.release()


@asynccontextmanager
async def _serving(
    settings: Settings,
    engines: Engines,
    clock: Clock,
    stores: Stores,
    *,
    meters: Meters,
    traces: Traces,
    is_alone: bool,
) -> AsyncIterator[Services]:
    """What sessions and handlers share, at work on these stores, on this machine ``is_alone``."""
    async with AsyncExitStack() as stack:
        pool = WorkerPool(settings.threads, clock)
        stack.push_async_callback(pool.close, POOL_CLOSE_S)
        await pool.warm_up(engines.warm_up)
        meters.machine.watch(pool)
        await stack.enter_async_context(at_work(meters.machine.run()))
        await stack.enter_async_context(at_work(_giving_back()))
        journal = SessionJournal(stores.database.sessions, clock)
        await stack.enter_async_context(_running(journal))
        caretaker = Caretaker(stores, clock, settings.sweep_interval_s)
        # An embedded database of one process is its own: what is active in it was left behind.
        await caretaker.time_out(0 if is_alone and not settings.shares_database else SILENT_S)
        await stack.enter_async_context(at_work(caretaker.run()))
        yield Services(
            settings=settings,
            clock=clock,
            engines=engines,
            pool=pool,
            database=stores.database,
            cache=stores.cache,
            files=stores.files,
            workspace=stores.workspace,
            keeper=stores.keeper,
            signer=Signer(stores.files.keyring, clock, settings.signed_url_s),
            journal=journal,
            agreement=Agreement.of(settings, stores.database.consents),
            tariff=Tariff.of(settings, stores.database.tiers),
            meters=meters,
            traces=traces,
            started_s=clock.monotonic(),
        )


def _rtc_options(settings: Settings) -> RtcOptions:
    return RtcOptions(
        settings.max_frame_px, settings.rtc_listen_addresses, settings.rtc_public_addresses
    )


async def _giving_back() -> None:
    """What frames and photos have freed."""
    look = partial(asyncio.to_thread, give_back_freed_memory)
    await every(GIVEN_BACK_EVERY_S, look, "freed memory cannot be given back")


@asynccontextmanager
async def _running(journal: SessionJournal) -> AsyncIterator[None]:
    """Keep the journal writing; what it still holds is written at the end."""
    try:
        async with at_work(journal.run()):
            yield
    finally:
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_WRITES_S):
                await journal.flush()


async def _stop_sessions(app: web.Application) -> None:
    app[CLOSING].set()
    await app[SESSIONS].stop_all()
    if INSTANCE in app:
        await app[INSTANCE].lodging.close()
