#!/usr/bin/env python3
"""Starts the service, or with ``worker`` a worker: ``python run.py --help`` lists the flags."""

import asyncio
import sys

import uvloop

from server.jobs.worker import work
from server.logs import configure_logging
from server.serve import leave, serve
from server.settings import SettingsInvalid, load_settings


def main(arguments: list[str]) -> int:
    """Serve, or work, until stopped. Returns the exit code: 0, or 2 for a wrong setting."""
    try:
        is_worker = arguments[:1] == ["worker"]
        settings = load_settings(arguments[is_worker:])
        configure_logging(settings.log_format, settings.log_level)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(work(settings) if is_worker else serve(settings))
    except SettingsInvalid as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    leave(main(sys.argv[1:]))
