"""What the service holds while it is under load, and whether it holds more and more."""

import asyncio
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import psutil
from aiohttp import ClientError, ClientSession
from prometheus_client.parser import text_string_to_metric_families

from tests.bench.figures import relative_change

MIB: Final = 1024 * 1024
TASKS: Final = "hair_tryon_event_loop_tasks"
SESSIONS: Final = "hair_tryon_active_connections"
SHARE: Final = 1 / 3
"""The first and the last part of a run, whose memory is compared."""
MOST_DRIFT: Final = 0.05
SLACK: Final = {"handles": 8, "threads": 4, "tasks": 4, "children": 1}
"""By so much more may be held at the end than at the beginning: pools of threads begin when they
are needed, and an upload has a process made ready, which waits for five minutes."""


@dataclass(frozen=True, slots=True)
class Vitals:
    """At one moment, by the machine's monotonic clock. ``cpu_s`` is what the process has used so
    far, ``load_cpu_s`` what those who load it have."""

    at_s: float
    memory_mib: float
    cpu_s: float
    load_cpu_s: float
    handles: int
    threads: int
    children: int
    tasks: int
    sessions: int


class Watch:
    """Looks at a service at its address, and at its process."""

    def __init__(self, http: ClientSession, url: str, pid: int) -> None:
        self._http = http
        self._url = url
        self._process = psutil.Process(pid)
        self._load_pid: int | None = None

    def load_begun(self, pid: int) -> None:
        """Somebody loads it."""
        self._load_pid = pid

    async def look(self) -> Vitals:
        """Raises ClientError, TimeoutError and psutil.NoSuchProcess where it is not there."""
        tasks, sessions = await self._told()
        process = self._process
        with process.oneshot():
            times = process.cpu_times()
            return Vitals(
                at_s=time.monotonic(),
                memory_mib=process.memory_info().rss / MIB,
                cpu_s=times.user + times.system,
                load_cpu_s=self._load_cpu_s(),
                handles=process.num_fds(),
                threads=process.num_threads(),
                children=len(process.children()),
                tasks=tasks,
                sessions=sessions,
            )

    async def look_again(self, samples: list[Vitals], interval_s: float) -> None:
        """So often, until cancelled. What cannot be seen for once is left out."""
        while True:
            with suppress(ClientError, TimeoutError):
                samples.append(await self.look())
            await asyncio.sleep(interval_s)

    async def _told(self) -> tuple[int, int]:
        async with self._http.get(f"{self._url}/metrics") as answer:
            families = text_string_to_metric_families(await answer.text())
            values = dict.fromkeys((TASKS, SESSIONS), 0.0)
            for family in families:
                for sample in family.samples:
                    if sample.name in values:
                        values[sample.name] += sample.value
        return int(values[TASKS]), int(values[SESSIONS])

    def _load_cpu_s(self) -> float:
        if self._load_pid is None:
            return 0.0
        try:
            times = psutil.Process(self._load_pid).cpu_times()
        except psutil.NoSuchProcess:
            return 0.0
        return float(times.user + times.system)


async def settled(
    watch: Watch, is_settled: Callable[[Vitals], bool], within_s: float, interval_s: float = 1.0
) -> Vitals:
    """What it holds as soon as that is as it should be, or when the time is over."""
    until_s = time.monotonic() + within_s
    while not is_settled(now := await watch.look()) and time.monotonic() < until_s:  # noqa: ASYNC110
        await asyncio.sleep(interval_s)
    return now


def memory_drift(samples: Sequence[Vitals]) -> float:
    """By what share the memory of the last third of the time lies above that of the first."""
    begun_s, over_s = samples[0].at_s, samples[-1].at_s
    part_s = (over_s - begun_s) * SHARE
    first = [one.memory_mib for one in samples if one.at_s <= begun_s + part_s]
    last = [one.memory_mib for one in samples if one.at_s >= over_s - part_s]
    return relative_change(statistics.fmean(first), statistics.fmean(last))


def has_returned(before: Vitals, now: Vitals) -> bool:
    """Whether it holds no more than it did, but for what is allowed."""
    return not grown(before, now)


def grown(before: Vitals, now: Vitals) -> list[str]:
    """Of what it holds more than is allowed."""
    return [
        name for name, most in SLACK.items() if getattr(now, name) - getattr(before, name) > most
    ]


def cores(samples: Sequence[Vitals], field: str = "cpu_s") -> list[tuple[float, float]]:
    """How many processors were used between each two looks."""
    used = []
    for before, now in pairwise(samples):
        cpu_s = getattr(now, field) - getattr(before, field)
        used.append((now.at_s, max(0.0, cpu_s) / (now.at_s - before.at_s)))
    return used
