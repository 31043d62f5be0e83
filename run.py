#!/usr/bin/env python3
"""Starts the service: ``python run.py --help`` lists the flags.

With ``worker`` before them it is a worker; with ``backup FILE``, ``restore FILE``, ``reconcile``,
``reconcile remove``, ``new-key USER_ID`` or ``new-key USER_ID --signing`` it does that and ends.
"""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path

import uvloop

from server.commands import CommandFailed, backup, make_key, make_secret, reconcile, restore
from server.jobs.worker import work
from server.logs import configure_logging
from server.serve import leave, serve, serve_by_several
from server.settings import Settings, SettingsInvalid, load_settings
from server.supervisor.place import WorkerPlace
from server.supervisor.seat import Seat
from server.supervisor.worker import COMMAND

FILE_COMMANDS = {"backup": backup, "restore": restore}


def main(arguments: list[str]) -> int:
    """Serve, or work, until stopped. Returns the exit code: 0, 1 where one of several workers has
    not stopped in order, or 2 for a wrong setting and for a command that cannot be done."""
    try:
        match arguments:
            case ["worker", *flags]:
                return _run(work, flags)
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
            case [str(command), place, *flags] if command == COMMAND:
                return _as_worker(WorkerPlace.read(place), flags)
            case _:
                return _serve(arguments)
    except (SettingsInvalid, CommandFailed) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _serve(flags: list[str]) -> int:
    settings = _settings(flags)
    if settings.workers == 1:
        return _run(serve, flags)
    with asyncio.Runner() as runner:
        return runner.run(serve_by_several(settings, flags))


def _as_worker(place: WorkerPlace, flags: list[str]) -> int:
    """What is wrong is told the supervisor, so that it is said once."""
    seat = Seat(place)
    try:
        return _run(partial(serve, seat=seat), flags)
    except SettingsInvalid as error:
        seat.tell_unusable(str(error))
        return 2


def _run(what: Callable[[Settings], Coroutine[None, None, None]], flags: list[str]) -> int:
    settings = _settings(flags)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(what(settings))
    return 0


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
