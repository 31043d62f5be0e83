"""Runs the service until it is told to stop, and stops it in order."""

import asyncio
import logging
import os
import signal
import ssl
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NoReturn, cast

import structlog
from aiohttp import web
from aiohttp.web_server import Server

from processing.pool import THREAD_PREFIX
from server.app import create_app
from server.connections.runner import Inside, listen, make_runner
from server.instances.addresses import address_of
from server.keys import LEAVING, SESSIONS
from server.settings import Settings, SettingsInvalid
from server.supervisor.handles import raise_limit
from server.supervisor.seat import Seat
from server.supervisor.supervisor import supervise, unbindable

HANDLER_GRACE_S = 3.0
"""After the sessions have ended: how long other requests under way may take."""

log = structlog.get_logger(__name__)


async def serve(settings: Settings, seat: Seat | None = None) -> None:
    """Serve until SIGTERM or SIGINT; a second signal ends the process at once. With a seat it is as
    one of several workers.

    Raises SettingsInvalid as create_app does, when the certificate cannot be used, or the address
    is taken.
    """
    raise_limit()
    if seat is not None:
        structlog.contextvars.bind_contextvars(worker=seat.place.slot)
    context = _tls_context(settings)
    place = seat.place if seat is not None else None
    app = create_app(settings, seat=seat)
    runner = make_runner(app, settings, grace_s=HANDLER_GRACE_S)
    inside = Inside(runner, address_of(settings, place))
    app.on_shutdown.append(inside.close)  # when sessions have ended: others may ask for them
    # systemd sends a signal to all processes, and the supervisor passes it on: no second one.
    stop = stop_on_signals(ends_at_second=seat is None)
    try:
        await runner.setup()
        await _open(inside)
        async with _taking(runner, settings, context, seat, stop):
            await stop.wait()
            log.info("stopping")
            app[LEAVING].set()
            await asyncio.sleep(settings.drain_s)
    finally:
        await runner.cleanup()
    log.info("stopped")


async def _open(inside: Inside) -> None:
    """Raises SettingsInvalid."""
    try:
        await inside.open()
    except OSError as error:
        why = error.strerror or error  # a path that is too long has no number
        raise SettingsInvalid(f"cannot listen on {inside.address}: {why}") from None


async def serve_by_several(settings: Settings, flags: list[str]) -> int:
    """The same by ``settings.workers`` processes, which are begun with these flags; returns the
    exit code."""
    return await supervise(settings, flags, lambda address: _announce(settings, address))


@asynccontextmanager
async def _taking(
    runner: web.AppRunner,
    settings: Settings,
    context: ssl.SSLContext | None,
    seat: Seat | None,
    stop: asyncio.Event,
) -> AsyncIterator[None]:
    """Clients come: by the supervisor, or where the settings say. Raises SettingsInvalid."""
    if seat is not None:
        server, sessions = cast("Server", runner.server), runner.app[SESSIONS]
        async with seat.taking(
            server,
            settings,
            context,
            count_sessions=lambda: len(sessions),
            orphaned=stop.set,
        ):
            yield
        return
    try:
        await listen(runner, settings, context)
    except (OSError, UnicodeError) as error:
        raise unbindable(settings, error) from None
    _announce(settings, runner.addresses[0][:2])
    yield


def leave(code: int) -> NoReturn:
    """End the process, also if a frame hangs on its worker: Python would wait for the thread."""
    if any(thread.name.startswith(THREAD_PREFIX) for thread in threading.enumerate()):
        logging.shutdown()
        sys.stdout.flush()
        os._exit(code)
    sys.exit(code)


def _announce(settings: Settings, address: tuple[str, int]) -> None:
    host, port = address
    shown = f"[{host}]" if ":" in host else host
    print(f"Hair try-on is served on {settings.scheme}://{shown}:{port}", flush=True)  # noqa: T201


def stop_on_signals(*, ends_at_second: bool = True) -> asyncio.Event:
    """An event that SIGTERM or SIGINT sets; a second signal ends the process at once, if it may."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def on_signal(number: signal.Signals) -> None:
        if stop.is_set() and ends_at_second:
            raise SystemExit(128 + number)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal, number)
    return stop


def _tls_context(settings: Settings) -> ssl.SSLContext | None:
    if settings.tls_cert is None or settings.tls_key is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(settings.tls_cert, settings.tls_key, password=lambda: "")
    except (OSError, ssl.SSLError) as error:
        raise SettingsInvalid(
            f"wrong setting: tls_cert and tls_key: {settings.tls_cert}, {settings.tls_key}: "
            f"{error.strerror or error}"
        ) from None
    return context
