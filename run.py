#!/usr/bin/env python3
"""Starts the service: ``python run.py --help`` lists the flags.

With ``worker`` before them it is a worker; with ``backup FILE``, ``restore FILE``, ``reconcile``,
``reconcile remove``, ``new-key USER_ID`` or ``new-key USER_ID --signing`` it does that and ends.
"""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path

import uvloop

from server.commands import CommandFailed, backup, make_key, make_secret, reconcile, restore
from server.jobs.worker import work
from server.logs import configure_logging
from server.serve import leave, serve
from server.settings import Settings, SettingsInvalid, load_settings

FILE_COMMANDS = {"backup": backup, "restore": restore}


def main(arguments: list[str]) -> int:
    """Serve, or work, until stopped. Returns the exit code: 0, or 2 for a wrong setting and
    for a command that cannot be done."""
    try:
        match arguments:
            case ["worker", *flags]:
                _run(work, flags)
            case ["backup" | "restore" as name, *rest]:
                file, flags = _file_before_flags(name, rest)
                print(FILE_COMMANDS[name](_settings(flags), file))
            case ["reconcile", "remove", *flags]:
                print(asyncio.run(reconcile(_settings(flags), remove=True)))
            case ["reconcile", *flags]:
                print(asyncio.run(reconcile(_settings(flags))))
            case ["new-key", user_id]:
                print(make_key(user_id))
            case ["new-key", user_id, "--signing"]:
                print(make_secret(user_id))
            case _:
                _run(serve, arguments)
    except (SettingsInvalid, CommandFailed) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _run(what: Callable[[Settings], Coroutine[None, None, None]], flags: list[str]) -> None:
    settings = _settings(flags)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(what(settings))


def _file_before_flags(name: str, arguments: list[str]) -> tuple[Path, list[str]]:
    if not arguments or arguments[0].startswith("-"):
        raise SettingsInvalid(f"{name} needs a file: run.py {name} FILE")
    return Path(arguments[0]), arguments[1:]


def _settings(flags: list[str]) -> Settings:
    settings = load_settings(flags)
    configure_logging(settings.log_format, settings.log_level)
    return settings


if __name__ == "__main__":
    leave(main(sys.argv[1:]))
