"""The load generator, a process of its own: a plan on standard input, a report on the output."""

import asyncio
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from statistics import fmean
from typing import TypeAlias

import aiohttp
import psutil
import uvloop

from media.rtc.video_codec import VideoCodec
from tests.bench.client import BenchClient, connected
from tests.bench.meter import Meter
from tests.bench.pictures import films
from tests.bench.plan import CLOSED_LOOP, LoadPlan, LoadReport
from tests.bench.rtc_client import RtcBenchClient, rtc_connected
from tests.bench.rtc_film import film
from tests.bench.tally import Window

Client: TypeAlias = BenchClient | RtcBenchClient


async def put_under_load(plan: LoadPlan) -> LoadReport:
    """Carry the plan out."""
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        )
        clients = [await stack.enter_async_context(client) for client in _clients(http, plan)]
        meter = Meter(psutil.Process(plan.server_pid))
        await _run(clients, meter, plan)
        return _report(clients, meter, plan)


def _clients(
    http: aiohttp.ClientSession, plan: LoadPlan
) -> Iterator[AbstractAsyncContextManager[Client]]:
    reel = films()
    if plan.protocol in ("vp8", "h264"):
        rtc_reel = [film(VideoCodec(plan.protocol.upper()), one) for one in reel]
        for number in range(len(plan.rates_fps)):
            yield rtc_connected(http, plan, number, rtc_reel[number % len(reel)])
    else:
        for number in range(len(plan.rates_fps)):
            yield connected(http, plan, number, reel[number % len(reel)])


async def _run(clients: Sequence[Client], meter: Meter, plan: LoadPlan) -> None:
    begin_s = time.monotonic()
    start_s = begin_s + plan.warm_up_s
    window = Window(start_s, start_s + plan.window_s)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(meter.watch(window))
        for number, client in enumerate(clients):
            tasks.create_task(client.run(window, begin_s + _phase_s(client, number / len(clients))))


def _phase_s(client: Client, share: float) -> float:
    """Cameras do not tick together: each begins at another part of the interval."""
    return 0.0 if client.rate_fps == CLOSED_LOOP else share / client.rate_fps


def _report(clients: Sequence[Client], meter: Meter, plan: LoadPlan) -> LoadReport:
    latency_ms = [sample for client in clients for sample in client.tally.latency_ms]
    processing_ms = [value for client in clients for value in client.tally.processing_ms]
    return LoadReport(
        window_s=plan.window_s,
        server_cpu_s=meter.server_cpu_s,
        load_cpu_s=meter.load_cpu_s,
        tree_cpu_s=meter.tree_cpu_s,
        busy_s=meter.busy_s,
        load_lag_ms=meter.load_lag_ms,
        rss_bytes=tuple(meter.rss_bytes),
        latency_ms=tuple(latency_ms),
        mean_processing_ms=fmean(processing_ms) if processing_ms else 0.0,
        errors=tuple({error for client in clients for error in client.errors}),
        sessions=tuple(client.report() for client in clients),
    )


def main() -> None:
    """One plan, one report, one line each."""
    plan = LoadPlan.from_json(sys.stdin.buffer.readline())
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        report = runner.run(put_under_load(plan))
    sys.stdout.buffer.write(report.to_json() + b"\n")


if __name__ == "__main__":
    main()
