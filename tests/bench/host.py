"""Serves an application in a child process for as long as the parent holds its standard input."""

import asyncio
import sys

import uvloop
from aiohttp import web

HOST = "127.0.0.1"
READY = "ready "
"""What the line begins with that tells the port."""
SHUTDOWN_TIMEOUT_S = 1.0


def run_app(app: web.Application) -> None:
    """Serve on a free loopback port and print it, until standard input is closed.

    A parent that is killed closes it too, so no server is ever left behind.
    """
    run_runner(web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_TIMEOUT_S))


def run_runner(apps: web.AppRunner) -> None:
    """The same, with what serves an application."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(apps))


async def _serve(runner: web.AppRunner) -> None:
    try:
        await runner.setup()
        await web.TCPSite(runner, HOST, 0).start()
        print(f"{READY}{runner.addresses[0][1]}", flush=True)
        await until_let_go()
    finally:
        await runner.cleanup()


async def until_let_go() -> None:
    """Until the parent closes standard input, or ends."""
    loop = asyncio.get_running_loop()
    gone = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), gone.set)
    try:
        await gone.wait()
    finally:
        loop.remove_reader(sys.stdin.fileno())
