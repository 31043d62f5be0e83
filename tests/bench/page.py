"""The live page as a visitor has it: a real Chromium, a camera that plays a real clip."""

import asyncio
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

from tests.bench.pictures import MEDIA, fit
from tests.bench.scenarios import Options
from tests.bench.table import table, verdict
from tests.integration.browser import ALLOWED, TEST_CAMERA, Tab, open_browser
from tests.integration.process import ExecutedProcess
from tests.pictures import portrait

CLIP = MEDIA / "talking-long-dark-hair.mp4"
WANTED_FPS = 20.0
WANTED_P95_MS = 200.0
SETTLE_S = 3.0


def page(options: Options) -> str:
    """Chromium with a fake camera on the page at 640x480, a look on, round trips in the browser."""
    return asyncio.run(_measure(options))


async def _measure(options: Options) -> str:
    with tempfile.TemporaryDirectory() as folder:
        camera = Path(folder) / "camera.mjpeg"
        camera.write_bytes(b"".join(_camera_frames()))
        server = ExecutedProcess(Path(folder) / "data")
        await server.start()
        try:
            return await _visit(server.url, camera, options)
        finally:
            await server.stop()


async def _visit(url: str, camera: Path, options: Options) -> str:
    flags = (ALLOWED, TEST_CAMERA, f"--use-file-for-fake-video-capture={camera}")
    async with open_browser(*flags) as browser:
        tab = Tab(await browser.new_page(viewport={"width": 1280, "height": 800}))
        await tab.open(f"{url}/?size=640x480")
        await tab.start_camera()
        await tab.page.locator("input[value=copper]").check(force=True)
        await asyncio.sleep(SETTLE_S)
        delivered, errors = await tab.figure("delivered"), await tab.figure("errors")
        began_s, p95s_ms = time.monotonic(), []
        while time.monotonic() - began_s < options.page_s:
            await asyncio.sleep(1.0)
            p95s_ms.append(await tab.figure("p95"))
        fps = (await tab.figure("delivered") - delivered) / (time.monotonic() - began_s)
        errors = await tab.figure("errors") - errors
        row = [f"{options.page_s:g} s", f"{fps:.1f}", f"{await tab.figure('p50'):.0f}",
               f"{max(p95s_ms):.0f}", f"{await tab.figure('dropped'):.0f}", f"{errors:.0f}",
               await tab.data("readout", "transport")]  # fmt: skip
    heads = ["page, copper", "frames/s", "p50 ms", "worst p95 ms", "drops", "errors", "transport"]
    lines = [
        verdict(fps >= WANTED_FPS, f"{fps:.1f} processed frames/s ({WANTED_FPS:g} wanted)"),
        verdict(max(p95s_ms) < WANTED_P95_MS, f"p95 never above {max(p95s_ms):.0f} ms"),
        verdict(not errors and not tab.complaints, "no error"),
    ]
    return "\n".join([table(heads, [row]), "", *lines])


def _camera_frames() -> list[bytes]:
    clip = cv2.VideoCapture(str(CLIP))
    frames = []
    while (read := clip.read())[0]:
        frames.append(cv2.imencode(".jpg", fit(np.asarray(read[1], np.uint8)))[1].tobytes())
    clip.release()
    return frames or [cv2.imencode(".jpg", fit(portrait()))[1].tobytes()]
