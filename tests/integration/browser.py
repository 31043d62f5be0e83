"""The live page in a real Chromium: start it, use it as a visitor does, look at the result."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import cv2
import numpy as np
from numpy.typing import NDArray
from playwright.async_api import Browser, ConsoleMessage, Page, Playwright, Route, async_playwright

from media.frame import Picture
from tests import pictures
from tests.integration.programs import find_program

PATIENCE_S = 20.0
CAMERA_FRAMES, CAMERA_FPS = 4, 10
"""A slow camera: browsers and engines are most of what these tests cost."""
PAGE_DIR = Path(__file__).parents[2] / "server" / "page"
PAGE_HOST = "http://page.test"
GRID = (32, 24)
"""Columns and rows to which pictures are reduced before they are compared."""

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    "--mute-audio",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
)
ALLOWED = "--use-fake-ui-for-media-stream"
REFUSED = "--use-fake-ui-for-media-stream=deny"
TEST_CAMERA = "--use-fake-device-for-media-stream"
NO_CAMERA = "--use-fake-device-for-media-stream=device-count=0"
TWO_CAMERAS = "--use-fake-device-for-media-stream=device-count=2"

POLL = """() => new Promise((resolve) => {
  const look = () => ((%s) ? resolve() : setTimeout(look, 50));
  look();
})"""
REDUCE = """([columns, rows]) => {
  const small = new OffscreenCanvas(columns, rows);
  const context = small.getContext("2d");
  context.drawImage(document.getElementById("result"), 0, 0, columns, rows);
  return [...context.getImageData(0, 0, columns, rows).data];
}"""


def camera_picture() -> Picture:
    """A head and shoulders, 640 x 480."""
    return cv2.resize(pictures.portrait()[:384], (640, 480))  # type: ignore[return-value]


def camera_showing(picture: Picture, folder: Path) -> tuple[str, ...]:
    """Flags for an allowed camera that shows this picture (height x width x 3, BGR), or that which
    is in the folder: a browser may be reading it."""
    path, (height, width) = folder / "camera.y4m", picture.shape[:2]
    if not path.exists():
        frame = b"FRAME\n" + cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420).tobytes()
        head = f"YUV4MPEG2 W{width} H{height} F{CAMERA_FPS}:1 Ip A1:1 C420jpeg\n".encode()
        path.write_bytes(head + frame * CAMERA_FRAMES)
    return ALLOWED, TEST_CAMERA, f"--use-file-for-fake-video-capture={path}"


@asynccontextmanager
async def open_browser(*flags: str) -> AsyncIterator[Browser]:
    """A Chromium with a driver of its own, closed at the end."""
    async with async_playwright() as driver, launched(driver, *flags) as browser:
        yield browser


@asynccontextmanager
async def launched(driver: Playwright, *flags: str) -> AsyncIterator[Browser]:
    """A Chromium, closed at the end."""
    path = find_program("chromium", "chromium")
    browser = await driver.chromium.launch(executable_path=path, args=[*FLAGS, *flags])
    try:
        yield browser
    finally:
        await browser.close()


@asynccontextmanager
async def shared_browsers() -> AsyncIterator["Browse"]:
    """One driver, and one Chromium for all that want the same flags: pages share nothing in it, and
    to start both takes longer than many a test."""
    async with AsyncExitStack() as stack:
        driver = await stack.enter_async_context(async_playwright())
        browsers = dict[tuple[str, ...], Browser]()

        @asynccontextmanager
        async def browse(*flags: str) -> AsyncIterator[Browser]:
            if flags not in browsers:
                browsers[flags] = await stack.enter_async_context(launched(driver, *flags))
            yield browsers[flags]

        yield browse


class Tab:
    """A tab with the page, what its console complained of, and which hosts it asked."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        self.live_urls: list[str] = []
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self._note_host(request.url))
        page.on("websocket", lambda socket: self.live_urls.append(socket.url))

    async def open(self, url: str) -> None:
        """Load the page and wait until its shades are there."""
        await self.page.goto(url)
        await self.page.locator(".swatch").first.wait_for()

    async def start_camera(self) -> None:
        """Agree, and wait until results are shown."""
        await self.page.locator("#start-camera").click()
        await self.wait_for_frames()

    async def wait_for_frames(self, count: int = 5) -> None:
        """Wait until so many further results have come."""
        goal = await self.figure("delivered") + count
        await self.until(f"Number(document.getElementById('readout').dataset.delivered) >= {goal}")

    async def figure(self, name: str) -> float:
        """A number of the readout's data attributes; 0 where there is none yet."""
        return float(await self.data("readout", name) or 0)

    async def data(self, element_id: str, name: str) -> str:
        """A data attribute, or an empty text."""
        script = f"document.getElementById('{element_id}').dataset['{name}'] ?? ''"
        return str(await self.page.evaluate(script))

    async def words(self, element_id: str) -> str:
        """What stands in an element."""
        return await self.page.locator(f"#{element_id}").inner_text()

    async def choose(self, shade: str) -> None:
        """Choose a shade by its name, and wait until the server has confirmed the look."""
        await self.page.locator(f"input[value='{shade}']").check(force=True)
        await self.until("document.getElementById('status').textContent.startsWith('Applied')")
        await self.wait_for_frames()

    async def until(self, condition: str) -> None:
        """Poll: the page's policy rightly forbids the eval that Playwright's own waiting needs."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self.page.evaluate(POLL % condition)
        except TimeoutError:
            view = await self.words("status"), await self.words("readout"), self.complaints
            raise AssertionError(f"never came true: {condition}; the page says {view}") from None

    async def start_over(self) -> None:
        """Put off whatever another test has put on."""
        await self.page.locator("#intensity").press("End")
        original = self.page.locator("#original")
        if await original.is_enabled():
            await original.click()
        await self.until("document.getElementById('look-name').textContent === 'Your own hair'")
        await self.wait_for_frames()

    async def before(self) -> NDArray[np.float64]:
        """The original on show, reduced."""
        return await self._whole("End")

    async def after(self) -> NDArray[np.float64]:
        """The result on show, reduced."""
        return await self._whole("Home")

    async def _whole(self, key: str) -> NDArray[np.float64]:
        await self.page.locator("#divider").press(key)
        pixels: list[Any] = await self.page.evaluate(REDUCE, list(GRID))
        return np.array(pixels, dtype=np.float64).reshape(GRID[1], GRID[0], 4)[..., :3]

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _note_host(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("blob", "data"):
            self.hosts.add(parts.netloc)


Browse = Callable[..., AbstractAsyncContextManager[Browser]]
"""A browser that has these flags, for as long as the context is open."""
OpenTab = Callable[..., Awaitable[Tab]]
"""Opens the page at an address, with the browser's flags, the window's width and height, and the
transport: ``websocket`` unless it is ``auto``; ``fragment`` stands at the address's end."""


def tab_opener(stack: AsyncExitStack, folder: Path, browse: Browse = open_browser) -> OpenTab:
    """Opens the page in such browsers; what is opened the stack closes. Without flags the camera
    shows the portrait, which is put into the folder.

    It speaks WebSocket; ``transport="auto"`` leaves the choice to the page.
    """

    async def open_one(
        url: str,
        *flags: str,
        width: int = 1280,
        height: int = 800,
        transport: str = "websocket",
        fragment: str = "",
    ) -> Tab:
        chosen = flags or camera_showing(camera_picture(), folder)
        browser: Browser = await stack.enter_async_context(browse(*chosen))
        viewport = {"width": width, "height": height}
        page = await browser.new_page(viewport=viewport)  # type: ignore[arg-type]
        stack.push_async_callback(page.close)
        tab = Tab(page)
        joint = "&" if "?" in url else "/?"
        await tab.open(f"{url}{joint}transport={transport}{fragment}")
        return tab

    return open_one


RunScript = Callable[[str], Awaitable[Any]]
"""Runs the body of an async function where the page's modules can be imported."""


async def serve_module(route: Route) -> None:
    """Answer in the place of a server: with the page's modules, and an empty page for the rest."""
    name = urlsplit(route.request.url).path.removeprefix("/page/")
    if name.endswith(".js"):
        await route.fulfill(path=PAGE_DIR / name, content_type="text/javascript")
    else:
        await route.fulfill(body="<title>modules</title>", content_type="text/html")


def largest_difference(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """By how many levels (0 to 255) the two differ in the cell where they differ most."""
    return float(np.abs(first - second).mean(axis=2).max())
