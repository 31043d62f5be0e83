"""The client on a page of another site: the sample of the docs, as it is there, in Chromium."""

import time
from pathlib import Path
from typing import Any, Final

import cv2
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Page

from tests import pictures
from tests.integration.browser import PATIENCE_S, camera_picture, camera_showing, open_browser
from tests.integration.service import StartService
from tests.tokens import AUDIENCE, ISSUER, SECRET, token

SAMPLE: Final = Path(__file__).parents[2] / "server" / "docs" / "samples" / "other-site.html"
SERVER: Final = "https://hair.example.com"
"""As the sample names it."""
PATIENCE_MS: Final = PATIENCE_S * 1000
FEWEST_LEVELS: Final = 60
"""By which what is changed differs, whose engine inverts."""
LOADED: Final = "document.getElementById('result').naturalWidth > 0"
WITHOUT_WEBRTC: Final = "delete window.RTCPeerConnection"
DIFFERS: Final = """(fewest) => {
  const [was, is] = ["camera", "changed"].map((id) => {
    const context = new OffscreenCanvas(8, 8).getContext("2d");
    context.drawImage(document.getElementById(id), 0, 0, 8, 8);
    return context.getImageData(0, 0, 8, 8).data;
  });
  return was.reduce((sum, value, at) => sum + Math.abs(value - is[at]), 0) / was.length > fewest;
}"""


class OtherSite:
    """A site that has the sample as its page, and gives tokens: the first is over already."""

    def __init__(self) -> None:
        self.page = ""
        self.given = 0
        app = web.Application()
        app.add_routes([web.get("/", self._page), web.post("/hair-token", self._token)])
        self.server = TestServer(app)

    async def _page(self, _: web.Request) -> web.Response:
        return web.Response(text=self.page, content_type="text/html")

    async def _token(self, _: web.Request) -> web.Response:
        self.given += 1
        left_s = -60 if self.given == 1 else 60
        return web.Response(text=token(exp=int(time.time()) + left_s))


async def test_the_sample_goes_live_and_changes_a_photo(
    start_service: StartService, tmp_path: Path
) -> None:
    """By WebRTC and, where a browser has none, by the WebSocket; a token that is over is asked for
    again, and nobody notices."""
    known: dict[str, Any] = {"jwt_secret": SECRET, "jwt_issuer": ISSUER, "jwt_audience": AUDIENCE}
    site, photo = OtherSite(), tmp_path / "me.png"
    cv2.imwrite(str(photo), pictures.portrait())
    camera = camera_showing(camera_picture(), tmp_path)
    async with site.server, open_browser(*camera) as browser:
        address = str(site.server.make_url("/"))
        service = await start_service(origins=address.rstrip("/"), **known)
        site.page = SAMPLE.read_text(encoding="utf-8").replace(SERVER, service.caller.url)
        page = await browser.new_page()
        await _go_live(page, address, "webrtc")
        assert site.given == 2
        await page.locator("#photo").set_input_files(photo)
        await page.wait_for_function(LOADED, timeout=PATIENCE_MS)
        await page.add_init_script(WITHOUT_WEBRTC)
        await _go_live(page, address, "binary")
        await page.locator("#stop").click()
        await service.settled()


async def _go_live(page: Page, address: str, transport: str) -> None:
    await page.goto(address)
    await page.get_by_text("Start the camera").click()
    await page.get_by_text(f"Live by {transport}.").wait_for(timeout=PATIENCE_MS)
    await page.get_by_text("copper").click()
    await page.wait_for_function(DIFFERS, arg=FEWEST_LEVELS, timeout=PATIENCE_MS)
