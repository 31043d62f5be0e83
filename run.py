#!/usr/bin/env python3
"""Starts the service: ``python run.py --help`` lists the flags."""

import asyncio
import sys

import uvloop

from server.logs import configure_logging
from server.serve import leave, serve
from server.settings import SettingsInvalid, load_settings


def main(arguments: list[str]) -> int:
    """Serve until stopped. Returns the process's exit code: 0, or 2 for a wrong setting."""
    try:
        settings = load_settings(arguments)
        configure_logging(settings.log_format, settings.log_level)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(settings))
    except SettingsInvalid as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    leave(main(sys.argv[1:]))
