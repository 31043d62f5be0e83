"""Reads what a process uses: processor time and memory."""

import asyncio
import sys
import time
from dataclasses import dataclass, field
from typing import Any

import psutil

from tests.bench.tally import Window

TICK_S = 0.02
RSS_INTERVAL_S = 1.0
SCHEDULER_CLOCK = 2
"""With the process id: the clock that clock_getcpuclockid(3) gives, in nanoseconds."""


@dataclass(slots=True)
class Meter:
    """The server's and the load generator's use of the machine during a window."""

    server: psutil.Process
    server_cpu_s: float = 0.0
    load_cpu_s: float = 0.0
    tree_cpu_s: float = 0.0
    """The server's, with that of its children."""
    busy_s: tuple[float, ...] = ()
    """What each processor had to do, for whomever."""
    load_lag_ms: float = 0.0
    rss_bytes: list[tuple[float, int]] = field(default_factory=list)
    _itself: psutil.Process = field(default_factory=psutil.Process)

    async def watch(self, window: Window) -> None:
        """Measure until the window ends; memory once a second, the longest lag all the time."""
        await _sleep_until(window.start_s)
        server_s, load_s = _cpu_s(self.server), _cpu_s(self._itself)
        children, busy_s = self.server.children(recursive=True), _busy_s()
        tree_s = server_s + sum(map(_cpu_s, children))
        tick_s, rss_due_s = window.start_s, window.start_s
        while tick_s < window.end_s:
            await _sleep_until(tick_s)
            now_s = time.monotonic()
            self.load_lag_ms = max(self.load_lag_ms, (now_s - tick_s) * 1000.0)
            if now_s >= rss_due_s:
                self.rss_bytes.append((now_s - window.start_s, self.server.memory_info().rss))
                rss_due_s += RSS_INTERVAL_S
            tick_s = max(tick_s, now_s) + TICK_S
        await _sleep_until(window.end_s)
        self.server_cpu_s = _cpu_s(self.server) - server_s
        self.load_cpu_s = _cpu_s(self._itself) - load_s
        self.tree_cpu_s = _cpu_s(self.server) + sum(map(_cpu_s, children)) - tree_s
        self.busy_s = tuple(now - then for now, then in zip(_busy_s(), busy_s, strict=True))


def _cpu_s(process: psutil.Process) -> float:
    """User and system time; elsewhere than on Linux in the coarse ticks of the scheduler."""
    if sys.platform == "linux":
        return time.clock_gettime((~process.pid << 3) | SCHEDULER_CLOCK)
    times = process.cpu_times()
    return float(times.user + times.system)


def _busy_s() -> tuple[float, ...]:
    """Of each processor since the machine began."""
    times = psutil.cpu_times(percpu=True)
    return tuple(sum(one) - one.idle - getattr(one, "iowait", 0.0) - _guests(one) for one in times)


def _guests(times: Any) -> float:
    """What is told twice: as theirs, and as the user's."""
    return float(getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0))


async def _sleep_until(moment_s: float) -> None:
    await asyncio.sleep(max(0.0, moment_s - time.monotonic()))
