"""The wiring: the only place where the rooms are put together."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import orjson
import structlog
from aiohttp import web

from media.clock import Clock, SystemClock
from media.rtc.answerer import RtcOptions
from processing.engine import Engines
from processing.local import local_engines
from processing.pool import WorkerPool
from server.agreement import Agreement
from server.answering import answering, tell_id
from server.background import at_work
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
from server.jobs.lifetime import film_limits, jobs_running
from server.journal import SessionJournal
from server.keys import (
    ARTIST,
    CALLS,
    CLOSING,
    DOORBELL,
    DOWNLOADS,
    ERASER,
    ERASURES,
    EXPORTS,
    FILMS,
    HEARD,
    JOBS,
    LEAVING,
    OPENAPI,
    PHOTOS,
    PHOTOS_COMING,
    SALON,
    SCANNER,
    SERVICES,
    SESSIONS,
    STYLES,
    UPLOADS,
    WATCHERS,
    WEBHOOKS,
)
from server.listed import LOOPBACK
from server.metrics.exposition import count_request, counting
from server.metrics.meters import Meters
from server.openapi.document import make_document
from server.openapi.security import schemes
from server.openapi.written import WrittenDocument
from server.pages import add_security_headers, insist_on_tls
from server.places import Places
from server.registry import LiveSessions
from server.routes import operations, routes, told
from server.scanner import MalwareScanner
from server.services import Services
from server.settings import Settings
from server.signed import Signer
from server.stores import Stores, opened_stores, usable
from server.tariff import Tariff
from server.traces.opened import opened_traces
from server.traces.traces import TRACES, Traces
from storage.lock import DirectoryLock

MOST_DOWNLOADS = 500
"""Each holds two megabytes, if its client is slow."""
COMING_SHARE = 4
"""So many times as many photos may be on their way as are worked on."""
SENDERS_SHARE, SENDERS_LEAST = 3, 2
"""One sender has a third of the places for what is on its way, and two at least."""
MOST_WATCHERS, WATCHERS_OF_ONE = 200, 20
"""So many watch results at once."""
STYLES_OF_ONE = 1
"""At once; what is asked for twice meanwhile would be paid twice."""
MOST_ERASURES, ERASURES_OF_ONE = 16, 4
"""At once; each asks the database again and again while workers let go."""
MOST_EXPORTS, EXPORTS_OF_ONE = 16, 2
"""At once; each holds some megabytes, and reads all of a user's files."""
MOST_WEBHOOKS = 16
"""At once; each holds two megabytes."""
POOL_CLOSE_S = 1.0
"""Frames that are still on a worker when all sessions have ended are waited for no longer."""
LAST_WRITES_S = 3.0
"""What a database does not take within this is left; the next start finds the sessions active."""

Lifetime = Callable[[web.Application], AsyncIterator[None]]

log = structlog.get_logger(__name__)


def create_app(
    settings: Settings, *, engines: Engines | None = None, clock: Clock | None = None
) -> web.Application:
    """The service as an aiohttp application. Nothing is opened before it is started.

    Raises SettingsInvalid if anybody would be let in from anywhere, without its being meant; and
    when it is started, if a store or a folder that the settings name cannot be used.
    """
    settings.check_doors()
    engines = engines or local_engines(settings.networks)
    origins = settings.allowed_origins
    hosts = [hosting(LOOPBACK)] if settings.is_open and not settings.insecure else []
    table = operations()
    inside = [crossing(origins), entrance(table), consenting(table), expecting]
    app = web.Application(middlewares=[counting, answering, dating, *hosts, *inside])
    app.add_routes(routes())
    names, ways_in = engines.names, schemes(settings)
    app[OPENAPI] = WrittenDocument(lambda: orjson.dumps(make_document(told(), names, ways_in)))
    app.on_response_prepare.extend(
        [add_security_headers, tell_id, tell_limits, telling(origins), end_unasked, count_request]
    )
    if settings.tls_cert:
        app.on_response_prepare.append(insist_on_tls)
    app.cleanup_ctx.append(_lifetime(settings, engines, clock or SystemClock()))
    app.on_shutdown.append(_stop_sessions)
    return app


def _lifetime(settings: Settings, engines: Engines, clock: Clock) -> Lifetime:
    async def lifetime(app: web.Application) -> AsyncIterator[None]:
        """Open in order, close in the opposite order."""
        doorbell, meters = Doorbell(), Meters()
        async with (
            _locked(settings),
            opened_traces(settings, clock, meters.spans) as traces,
            opened_stores(settings, clock) as stores,
            _serving(settings, engines, clock, stores, meters=meters, traces=traces) as services,
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
            ) as jobs,
        ):
            app[SERVICES], app[JOBS], app[DOORKEEPER] = services, jobs, doorkeeper
            app[DOORBELL], app[TRACES] = doorbell, traces
            app[HEARD] = uses_of(settings, stores, clock, "heard", HEARD_S)
            app[SALON], app[ARTIST] = salons.photos, salons.styles
            app[LIMITS] = Limits.by(settings, stores.windows, clock)
            app[FILMS] = FilmExaminer(film_limits(settings), settings.workers)
            _furnish(app, settings)
            app[SESSIONS] = LiveSessions(services)
            meters.frames.watch(app[SESSIONS], settings.max_sessions)
            services.journal.when_erased(app[SESSIONS].erased)
            app[ERASER] = Eraser(stores, services.journal, app[SESSIONS], clock, settings)
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
) -> AsyncIterator[Services]:
    """What sessions and handlers share, at work on these stores."""
    async with AsyncExitStack() as stack:
        pool = WorkerPool(settings.workers, clock)
        stack.push_async_callback(pool.close, POOL_CLOSE_S)
        await pool.warm_up(engines.warm_up)
        meters.machine.watch(pool)
        await stack.enter_async_context(at_work(meters.machine.run()))
        journal = SessionJournal(stores.database.sessions, clock)
        await stack.enter_async_context(_running(journal))
        caretaker = Caretaker(stores, clock, settings.sweep_interval_s)
        # An embedded database is this process's own: what is active in it was left behind.
        await caretaker.time_out(SILENT_S if settings.shares_database else 0)
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


def _furnish(app: web.Application, settings: Settings) -> None:
    """What REST requests need besides."""
    app[SCANNER] = MalwareScanner(settings.clamd)
    app[DOWNLOADS] = Places("downloads", MOST_DOWNLOADS)
    app[ERASURES] = Places("erasures", MOST_ERASURES, ERASURES_OF_ONE)
    app[EXPORTS] = Places("exports", MOST_EXPORTS, EXPORTS_OF_ONE)
    app[PHOTOS] = Places("photos", settings.max_photos)
    app[PHOTOS_COMING] = _shared("photos", COMING_SHARE * settings.max_photos)
    app[STYLES] = Places("styles", settings.cloud_places, STYLES_OF_ONE)
    app[UPLOADS] = _shared("uploads", settings.max_uploads)
    app[WATCHERS] = Places("watchers", MOST_WATCHERS, WATCHERS_OF_ONE)
    app[WEBHOOKS] = _shared("webhooks", MOST_WEBHOOKS)
    app[CLOSING] = asyncio.Event()
    app[LEAVING] = asyncio.Event()


def _shared(what: str, count: int) -> Places:
    """Of which one sender, who may send as slowly as bodies may come, has a part."""
    return Places(what, count, max(SENDERS_LEAST, count // SENDERS_SHARE))


def _rtc_options(settings: Settings) -> RtcOptions:
    return RtcOptions(
        settings.max_frame_px, settings.rtc_listen_addresses, settings.rtc_public_addresses
    )


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
