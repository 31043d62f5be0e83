"""The page at a server that asks who somebody is, in Chromium."""

import time
from pathlib import Path
from typing import Any, Final

import cv2
import pytest
from playwright.async_api import expect

from server.doors.refusals import NotLetIn
from server.doors.tokens import TokenReader
from tests import pictures
from tests.integration.browser import OpenTab, Tab
from tests.integration.gateway import SIGN_IN_PATH, gateway_to
from tests.integration.process import ServerProcess
from tests.integration.service import StartService
from tests.integration.video_tab import VideoTab, open_videos, written
from tests.tokens import AUDIENCE, ISSUER, SECRET, token

TOKENS: Final[dict[str, Any]] = {
    "jwt_secret": SECRET,
    "jwt_issuer": ISSUER,
    "jwt_audience": AUDIENCE,
}
SIGN_IN: Final = "https://auth.example.com/sign-in"
PLAYING: Final = "document.querySelector('#after video')?.currentTime > 0.2"
LOADED: Final = "document.querySelector('.card-picture img')?.naturalWidth > 0"
STRANGER: Final = "This server wants to know who you are"
OTHER: Final = "You are signed in as somebody else now"
OVER: Final = "You are not signed in any more"


async def test_a_visitor_with_a_token_goes_the_whole_way(open_tab: OpenTab, tmp_path: Path) -> None:
    """Live both ways, a photo, a video, its history after a reload, export and erasure; and the
    token stands in no address and in no log."""
    server = ServerProcess(tmp_path / "data", **TOKENS)
    await server.start()
    try:
        async with gateway_to(server.url) as way:
            name = token()
            tab = await open_tab(way.url, transport="auto", fragment=f"#files&token={name}")
            assert await tab.page.evaluate("location.hash") == "#files"
            await _change_files(VideoTab(tab), tmp_path)
            await tab.page.locator("#tab-live").click()
            await _go_live(tab, "webrtc")
            await tab.open(f"{way.url}/?transport=websocket")
            assert await tab.words("who-name") == "ann"
            await _go_live(tab, "binary")
            await _take_and_erase(VideoTab(tab))
            assert tab.complaints == []
            assert any("ticket=" in address for address in way.asked)
            assert not any(name in address for address in [*way.asked, *tab.live_urls])
            assert name not in await tab.page.evaluate("location.href")
    finally:
        await server.stop()
    assert name not in server.output


async def _go_live(tab: Tab, transport: str) -> None:
    await tab.start_camera()
    assert await tab.data("readout", "transport") == transport
    await tab.choose("royal-blue")


async def _change_files(films: VideoTab, folder: Path) -> None:
    portrait = folder / "me.jpg"
    cv2.imwrite(str(portrait), pictures.portrait())
    await films.choose(portrait)
    await films.change()
    await films.completed()
    await films.choose(written(folder / "me.mp4"))
    await films.part("change").click()
    await films.completed()
    await films.tab.until(PLAYING)
    await films.tab.until(LOADED)


async def _take_and_erase(films: VideoTab) -> None:
    await films.part("tab-files").click()
    await films.tab.until(LOADED)
    await films.page.locator(".card-open").click()
    await films.tab.until(PLAYING)
    async with films.page.expect_download() as coming:
        await films.part("export").click()
    assert (await coming.value).suggested_filename.endswith(".zip")
    assert await (await coming.value).failure() is None
    await films.part("erase").click()
    await films.part("erase-place").get_by_text("Erase everything", exact=True).click()
    await films.says("own-data-words", "Erased: 1 video, 1 result")


async def test_behind_a_gateway(start_service: StartService, open_tab: OpenTab) -> None:
    """The page is told who is there; when the gateway lets them in no more it says so, and tries
    no further by itself."""
    service = await start_service(gateways="127.0.0.1")
    async with gateway_to(service.caller.url, **{"X-User-Id": "ann"}) as gateway:
        tab = await open_tab(gateway.url)
        await tab.start_camera()
        assert await tab.words("who-name") == "ann"
        assert len(service.live) == 1
        await gateway.close()
        await tab.page.locator("#notice[data-problem='signed_out']").wait_for()
        assert await tab.words("notice-title") == OVER
        assert await tab.words("notice-wait") == ""
        assert await tab.words("notice-action") == "Load again"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_gateway_sends_an_upload_elsewhere(
    start_service: StartService, open_tab: OpenTab, tmp_path: Path, host: str
) -> None:
    """To a page of its own site, or of another: it is said that nobody is signed in any more, and
    the photo is not sent again; that is taken back when they are let in again."""
    service = await start_service(gateways="127.0.0.1")
    async with gateway_to(service.caller.url, **{"X-User-Id": "ann"}) as gateway:
        films = await open_videos(open_tab, gateway.url)
        sent: list[str] = []
        films.page.on("request", lambda request: sent.append(f"{request.method} {request.url}"))
        await films.says("who-name", "ann")
        gateway.sign_in = gateway.url.replace("127.0.0.1", host) + SIGN_IN_PATH
        gateway.is_closed = True
        cv2.imwrite(str(tmp_path / "me.jpg"), pictures.portrait())
        await films.choose(tmp_path / "me.jpg")
        await films.change()
        await films.says("door", OVER)
        await films.says("file-alert", "You are not signed in")
        assert sum(one.startswith("POST") for one in sent) == 1
        gateway.is_closed = False
        await films.part("change").click()
        await films.part("door").wait_for(state="hidden")
        await films.says("who-name", "ann")


async def test_a_gateway_takes_the_visitor_for_another(
    start_service: StartService, open_tab: OpenTab
) -> None:
    """It is said, and nothing live begins; loaded again, the page is theirs."""
    service = await start_service(gateways="127.0.0.1")
    async with gateway_to(service.caller.url, **{"X-User-Id": "ann"}) as gateway:
        films = await open_videos(open_tab, gateway.url)
        await films.says("history-words", "No videos yet")
        gateway.headers["X-User-Id"] = "eve"
        await films.part("erase").click()
        await films.part("erase-place").get_by_text("Erase everything", exact=True).click()
        await films.says("own-data-words", "belongs to somebody else. Load the page again")
        await films.says("door", OTHER)
        await films.part("tab-live").click()
        await films.part("start-camera").click()
        await films.says("notice", OTHER)
        await films.part("notice-action").click()
        await films.says("who-name", "eve")
        await expect(films.part("door")).to_be_hidden()


async def test_a_closed_door_is_said_in_words(
    start_service: StartService, open_tab: OpenTab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To strangers, and to those whose token is over, before it is asked for the camera or when
    they go live; and where they sign in. A new token in the address opens it."""
    service = await start_service(**TOKENS, sign_in_url=SIGN_IN)
    tab = await open_tab(service.caller.url, transport="auto")
    door, notice = tab.page.locator("#door"), tab.page.locator("#notice")
    await expect(door.filter(has_text=STRANGER)).to_be_visible()
    assert await door.get_by_role("link").get_attribute("href") == SIGN_IN
    assert await tab.page.locator("#demo-words").is_hidden()
    await tab.page.locator("#start-camera").click()
    await expect(notice.filter(has_text=STRANGER)).to_be_visible()
    await expect(notice.get_by_role("link")).to_be_visible()
    await expect(tab.page.locator("#notice-action")).to_be_hidden()
    assert await tab.page.evaluate("document.getElementById('video').srcObject === null")
    await _arrive(tab, token(exp=int(time.time()) - 60))
    await expect(door.filter(has_text=OVER)).to_be_visible()
    await _arrive(tab, token())
    await expect(tab.page.locator("#who-name")).to_have_text("ann")
    await expect(door).to_be_hidden()
    monkeypatch.setattr(TokenReader, "read", _over)
    await tab.page.locator("#start-camera").click()
    await expect(notice.filter(has_text=OVER)).to_be_visible()
    assert await tab.data("readout", "delivered") == "0"


async def _arrive(tab: Tab, name: str) -> None:
    """As when the page is open already."""
    await tab.page.evaluate(f"location.hash = 'token={name}'")


async def _over(_: TokenReader, __: str) -> None:
    raise NotLetIn("The token has expired")
