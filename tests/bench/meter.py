"""Reads what a process uses: processor time and memory."""

import asyncio
import sys
import time
from dataclasses import dataclass, field

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
    load_lag_ms: float = 0.0
    rss_bytes: list[tuple[float, int]] = field(default_factory=list)
    _itself: psutil.Process = field(default_factory=psutil.Process)

    async def watch(self, window: Window) -> None:
        """Measure until the window ends; memory once a second, the longest lag all the time."""
        await _sleep_until(window.start_s)
        server_s, load_s = _cpu_s(self.server), _cpu_s(self._itself)
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


def _cpu_s(process: psutil.Process) -> float:
    """User and system time; elsewhere than on Linux in the coarse ticks of the scheduler."""
    if sys.platform == "linux":
        return time.clock_gettime((~process.pid << 3) | SCHEDULER_CLOCK)
    times = process.cpu_times()
    return float(times.user + times.system)


async def _sleep_until(moment_s: float) -> None:
    await asyncio.sleep(max(0.0, moment_s - time.monotonic()))
