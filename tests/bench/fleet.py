"""Two machines that share MongoDB, Redis and object storage, each with an instance of the service
and a worker, behind the gateway's own configuration."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from unittest.mock import patch

import psutil

from tests.integration.mongod import Mongod
from tests.integration.nginx import Nginx, nginx
from tests.integration.process import ServerProcess, WorkerProcess
from tests.integration.redis import Redis
from tests.integration.running import Running, execute
from tests.integration.s3 import S3, running_s3
from tests.integration.sealed import KEY

START_TIMEOUT_S: Final = 120.0
"""Beside others that are being started, and under load."""


class _Modest(ServerProcess):
    """Begun as people begin it, which takes what others leave until it is ready: on a machine of
    its own it would take nothing from them."""

    start_timeout_s = START_TIMEOUT_S

    async def start(self) -> None:
        """See ServerProcess."""
        await super().start()
        _set_policy(self.pid, os.sched_getscheduler(0))

    async def _begin(self, arguments: list[str]) -> Running:
        running = await execute(arguments)
        _set_policy(running.pid, os.SCHED_IDLE)
        return running


class Instance(_Modest):
    """``run.py``."""


class Worker(_Modest, WorkerProcess):
    """``run.py worker``."""


@dataclass(frozen=True, slots=True)
class Machine:
    """An instance and a worker."""

    instance: Instance
    worker: Worker

    async def start(self) -> None:
        """Return when both are ready."""
        await asyncio.gather(self.instance.start(), self.worker.start())

    async def stop(self) -> tuple[int, int]:
        """Ask both to end, and wait for it; their exit codes."""
        return await asyncio.gather(self.instance.stop(), self.worker.stop())


@dataclass(frozen=True, slots=True)
class Fleet:
    """What runs."""

    machines: tuple[Machine, ...]
    gateway: Nginx
    s3: S3
    bucket: str


@asynccontextmanager
async def running_fleet(
    folder: Path, count: int, settings: Mapping[str, str | float]
) -> AsyncIterator[Fleet]:
    """So many machines with these settings, until the block is left."""
    async with AsyncExitStack() as stack:
        s3 = stack.enter_context(running_s3())
        stack.enter_context(patch.dict(os.environ, s3.variables))
        bucket = s3.make_bucket()
        shared = {**_stores(stack, folder), **settings, "files_url": bucket, "file_keys": KEY}
        machines = tuple(_machine(folder / f"machine-{number}", shared) for number in range(count))
        for machine in machines:
            stack.push_async_callback(machine.stop)
        for machine in machines:
            await machine.start()
        urls = [machine.instance.url for machine in machines]
        gateway = await stack.enter_async_context(nginx(folder / "nginx", *urls))
        yield Fleet(machines, gateway, s3, bucket)


def _set_policy(pid: int, policy: int) -> None:
    """Of all its threads. Only root can undo it."""
    if os.geteuid() == 0:
        for thread in psutil.Process(pid).threads():
            os.sched_setscheduler(thread.id, policy, os.sched_param(0))


def _stores(stack: AsyncExitStack, folder: Path) -> dict[str, str]:
    mongod, redis = Mongod(folder / "mongod"), Redis()
    stack.callback(mongod.kill)
    mongod.start()
    stack.callback(redis.stop)
    redis.start()
    return {"mongodb_uri": mongod.database("hair_tryon"), "redis_url": redis.url}


def _machine(folder: Path, settings: Mapping[str, str | float]) -> Machine:
    return Machine(
        Instance(folder / "instance", **settings),
        Worker(folder / "worker", **settings),
    )
