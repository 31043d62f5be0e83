"""Runs the service until it is told to stop, and stops it in order."""

import asyncio
import logging
import os
import signal
import ssl
import sys
import threading
from typing import NoReturn

import structlog
from aiohttp import web

from processing.pool import THREAD_PREFIX
from server.app import create_app
from server.connections.runner import listen, make_runner
from server.keys import LEAVING
from server.settings import Settings, SettingsInvalid

HANDLER_GRACE_S = 3.0
"""After the sessions have ended: how long other requests under way may take."""

log = structlog.get_logger(__name__)


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; a second signal ends the process at once.

    Raises SettingsInvalid as create_app does, when the certificate cannot be used, or the address
    is taken.
    """
    context = _tls_context(settings)
    app = create_app(settings)
    runner = make_runner(app, settings, grace_s=HANDLER_GRACE_S)
    stop = stop_on_signals()
    try:
        await runner.setup()
        try:
            await listen(runner, settings, context)
        except (OSError, UnicodeError) as error:
            detail = getattr(error, "strerror", None) or "no such address"
            raise SettingsInvalid(
                f"cannot listen on {settings.host}:{settings.port}: {detail}"
            ) from None
        _announce(runner, settings)
        await stop.wait()
        log.info("stopping")
        app[LEAVING].set()
        await asyncio.sleep(settings.drain_s)
    finally:
        await runner.cleanup()
    log.info("stopped")


def leave(code: int) -> NoReturn:
    """End the process, also if a frame hangs on its worker: Python would wait for the thread."""
    if any(thread.name.startswith(THREAD_PREFIX) for thread in threading.enumerate()):
        logging.shutdown()
        sys.stdout.flush()
        os._exit(code)
    sys.exit(code)


def _announce(runner: web.AppRunner, settings: Settings) -> None:
    host, port = runner.addresses[0][:2]
    shown = f"[{host}]" if ":" in host else host
    print(f"Hair try-on is served on {settings.scheme}://{shown}:{port}", flush=True)  # noqa: T201


def stop_on_signals() -> asyncio.Event:
    """An event that SIGTERM or SIGINT sets; a second signal ends the process at once."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def on_signal(number: signal.Signals) -> None:
        if stop.is_set():
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
