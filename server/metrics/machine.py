"""Meters of the process: its event loop, its workers, its memory and files."""

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

from prometheus_client import (
    CollectorRegistry,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)

LOOK_S: Final = 0.1
"""How often it is looked whether the loop is in time."""
_BUCKETS_S: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2)


class Workers(Protocol):
    """The worker pool, as far as it is counted."""

    workers: int

    @property
    def busy(self) -> int:
        """How many workers are taken."""
        ...

    @property
    def waiting(self) -> int:
        """How many turns are waited for."""
        ...


class MachineMeters:
    """How much the process has to do, against what it can do."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._lag = Histogram(
            "hair_tryon_event_loop_lag_seconds",
            "By how much the event loop is late, looked at ten times a second",
            buckets=_BUCKETS_S,
            registry=registry,
        )
        self._tasks = Gauge(
            "hair_tryon_event_loop_tasks",
            "Tasks of the event loop that are not done",
            registry=registry,
        )
        self._workers = Gauge(
            "hair_tryon_threads", "Threads that change pictures", registry=registry
        )
        self._busy = Gauge(
            "hair_tryon_threads_busy", "Threads that are changing one", registry=registry
        )
        self._waiting = Gauge(
            "hair_tryon_threads_waited_for", "Turns that are waited for", registry=registry
        )
        self._missed = Gauge(
            "hair_tryon_workers_missed",
            "Workers that should be there beside this one, and take nobody",
            registry=registry,
        )
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)

    def watch(self, pool: Workers) -> None:
        """Look at this pool whenever somebody asks."""
        self._workers.set(pool.workers)
        self._busy.set_function(lambda: pool.busy)
        self._waiting.set_function(lambda: pool.waiting)

    def watch_crew(self, missed: Callable[[], int]) -> None:
        """Look at this number whenever somebody asks."""
        self._missed.set_function(missed)

    async def run(self) -> None:
        """Watch the loop that this runs on, until cancelled."""
        loop = asyncio.get_running_loop()
        self._tasks.set_function(lambda: len(asyncio.all_tasks(loop)))
        while True:
            due_s = loop.time() + LOOK_S
            await asyncio.sleep(LOOK_S)
            self._lag.observe(max(0.0, loop.time() - due_s))
