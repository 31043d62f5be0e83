"""The worker of a call is killed: when the page has its pictures again."""

import asyncio
import tempfile
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final
from urllib.request import urlopen

from psutil import Process

from tests.bench.child import Server
from tests.bench.host import HOST
from tests.bench.run_service import run_service, serving
from tests.bench.scenarios import Options
from tests.bench.table import table, verdict
from tests.integration.browser import Tab, largest_difference, tab_opener
from tests.integration.redis import Redis

WORKERS: Final = 2
KILLS: Final = 4
LOOKED_AT_S: Final = 0.5
WATCH: Final = """() => {
  const { prototype } = CanvasRenderingContext2D;
  const { drawImage } = prototype;
  window.shown = [];
  prototype.drawImage = function (...what) {
    if (this.canvas.id === "result") window.shown.push(Date.now() / 1000);
    return drawImage.apply(this, what);
  };
}"""
"""When each picture was shown."""
WINDOW_S: Final = 6.0
BACK_MAX_S: Final = 2.0
SHADE: Final = "copper"
LEVELS: Final = 20.0
"""Of 255, by which hair in another colour differs at least where it differs most."""


@dataclass(frozen=True, slots=True)
class _Kill:
    """After which time the first picture came, by which way, and whether with the look."""

    back_s: float
    transport: str
    has_look: bool


def killed_page(_: Options) -> str:
    """A real Chromium that is live by WebRTC, with a look on; its worker is killed four times."""
    redis = Redis()
    redis.start()
    try:
        with run_service(WORKERS, redis.url) as server:
            return _told(asyncio.run(_visit(server)))
    finally:
        redis.stop()


async def _visit(server: Server) -> list[_Kill]:
    with tempfile.TemporaryDirectory() as folder:
        async with AsyncExitStack() as stack:
            open_tab = tab_opener(stack, Path(folder))
            tab = await open_tab(f"http://{HOST}:{server.port}", transport="auto")
            await tab.start_camera()
            await tab.choose(SHADE)
            await tab.page.evaluate(WATCH)
            return [await _kill(tab, server) for _ in range(KILLS)]


async def _kill(tab: Tab, server: Server) -> _Kill:
    called = await asyncio.to_thread(_called, server)
    killed_s = time.time()
    called.kill()
    await asyncio.sleep(WINDOW_S)
    shown_s: list[float] = await tab.page.evaluate("window.shown")
    transport = await tab.data("readout", "transport")
    difference = largest_difference(await tab.before(), await tab.after())
    return _Kill(_back_s(shown_s, killed_s), transport, difference > LEVELS)


def _back_s(shown_s: list[float], killed_s: float) -> float:
    """Until the end of the longest pause: some pictures are on their way when it is killed."""
    after_s = [killed_s, *(one for one in shown_s if one > killed_s), killed_s + WINDOW_S]
    pauses = pairwise(after_s)
    return max(pauses, key=lambda pause: pause[1] - pause[0])[1] - killed_s


def _called(server: Server) -> Process:
    """The worker that has the call, the one that media come to, when all of them serve."""
    while True:
        workers = serving(server, WORKERS).values()
        called = [one for one in workers if one.net_connections(kind="udp")]
        if len(called) == 1 and _serving_now(server) == WORKERS:
            return called[0]
        time.sleep(LOOKED_AT_S)


def _serving_now(server: Server) -> int:
    """How many are told of as they are now."""
    with urlopen(f"http://{HOST}:{server.port}/metrics") as answer:
        return int(answer.read().count(b"\nprocess_start_time_seconds{"))


def _told(kills: list[_Kill]) -> str:
    rows = [
        [str(number), f"{one.back_s:.2f}", one.transport, "yes" if one.has_look else "no"]
        for number, one in enumerate(kills, 1)
    ]
    worst_s = max(one.back_s for one in kills)
    same = all(one.transport == "webrtc" and one.has_look for one in kills)
    return "\n".join(
        [
            table(["killed", "a picture after, s", "by", "with its look"], rows),
            verdict(worst_s <= BACK_MAX_S, f"back within {worst_s:.2f} s (2 s at most)"),
            verdict(same, "by WebRTC, with its look"),
        ]
    )
