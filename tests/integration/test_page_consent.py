"""The page at a server that needs consent, in Chromium."""

import asyncio
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Route, expect

from tests import pictures
from tests.integration.browser import OpenTab, Tab
from tests.integration.service import Service, StartService
from tests.integration.video_tab import open_videos

AGREE, NOT_NOW = "#agree", "#not-now"
COUNT_CAMERAS: Final = """() => {
  window.cameras = 0;
  const { mediaDevices } = navigator;
  const open = mediaDevices.getUserMedia.bind(mediaDevices);
  mediaDevices.getUserMedia = (wanted) => { window.cameras += 1; return open(wanted); };
}"""
LOSE_PATIENCE_LATER: Final = """() => {
  window.patience = new AbortController();
  AbortSignal.timeout = () => window.patience.signal;
}"""


@pytest.fixture
async def service(start_service: StartService) -> Service:
    """A service that asks for consent."""
    return await start_service(require_consent=True)


async def withdraw(service: Service, tab: Tab) -> None:
    """As by another browser of the same user."""
    user_id = await tab.page.evaluate("localStorage.getItem('hair-tryon.user-id')")
    url = f"{service.caller.url}/api/hair-tryOn/user/{user_id}/consent"
    async with service.caller.http.delete(url) as answer:
        assert answer.status == 200


async def focus(tab: Tab) -> str:
    """The id of what has the focus."""
    return str(await tab.page.evaluate("document.activeElement.id"))


async def test_the_camera_waits_for_consent(service: Service, open_tab: OpenTab) -> None:
    """Who does not agree is left the page, by a button or by a key; who agrees is asked no more."""
    tab = await open_tab(service.caller.url, width=360, height=740)
    # The question comes later, once.
    await expect(tab.page.locator("#start-camera")).to_have_text("Start the camera")
    for refused_at, key in ((NOT_NOW, "Enter"), (AGREE, "Escape")):
        await tab.page.locator("#start-camera").click()
        await tab.page.locator(AGREE).wait_for()
        assert await focus(tab) == "agreement-title"
        assert "No faceprints" in await tab.words("purposes")
        assert await tab.page.evaluate("document.documentElement.scrollWidth") == 360
        await tab.page.locator(refused_at).press(key)
        await tab.page.locator("#agreement").wait_for(state="hidden")
        await tab.until("document.getElementById('status').textContent.startsWith('You have not')")
        assert await tab.page.evaluate("document.getElementById('video').srcObject") is None
        assert await focus(tab) == "start-camera"
    assert len(service.live) == 0
    await tab.page.locator("#start-camera").click()
    await tab.page.locator(AGREE).click()
    await tab.wait_for_frames()
    await tab.page.locator("#stop").click()
    await tab.start_camera()
    assert tab.complaints == []


@pytest.mark.parametrize("transport", ["websocket", "auto"])
async def test_consent_withdrawn_elsewhere_is_asked_for_again(
    service: Service, open_tab: OpenTab, transport: str
) -> None:
    """The page believes in it until the server says otherwise; then it goes on."""
    tab = await open_tab(service.caller.url, transport=transport)
    await tab.page.locator("#start-camera").click()
    await tab.page.locator(AGREE).click()
    await tab.wait_for_frames()
    await tab.page.locator("#stop").click()
    await withdraw(service, tab)
    await tab.page.locator("#start-camera").click()
    await tab.page.locator(AGREE).click()
    await tab.wait_for_frames()
    await tab.page.locator("#stop").click()
    await withdraw(service, tab)
    await tab.page.locator("#start-camera").click()
    await tab.page.locator(NOT_NOW).click()
    await tab.until("document.body.dataset.state === 'consent'")


async def test_photos_wait_for_consent_and_it_is_withdrawn(
    service: Service, open_tab: OpenTab, tmp_path: Path
) -> None:
    """On the page, with the same question as before an erasure; then it is asked for again."""
    films, path = await open_videos(open_tab, service.caller.url), tmp_path / "me.jpg"
    path.write_bytes(pictures.jpeg(pictures.portrait()))
    await films.choose(path)
    await films.change()
    await films.part("not-now").click()
    await films.says("file-status", "You have not agreed")
    await films.part("change").click()
    await films.part("agree").click()
    await films.completed()
    await withdraw(service, films.tab)
    await films.change("platinum")
    await films.part("agree").click()
    await films.completed()
    assert await films.part("file-alert").is_hidden()
    await films.part("withdraw").click()
    assert await films.page.evaluate("document.activeElement.textContent") == "Keep it"
    await films.part("withdraw-place").get_by_text("Withdraw and erase").click()
    await films.says("own-data-words", "Your consent is withdrawn")
    await films.change("copper")
    await films.part("agree").wait_for()


async def test_what_was_asked_for_is_off_elsewhere(service: Service, open_tab: OpenTab) -> None:
    """In another tab, while the visitor is asked or the server is; and both are asked once only."""
    tab, gate = await open_tab(service.caller.url), asyncio.Event()
    start, asked = tab.page.locator("#start-camera"), list[str]()

    async def wait(route: Route) -> None:
        asked.append(route.request.method)
        await gate.wait()
        await route.continue_()

    await tab.page.route("**/consent", wait)
    gate.set()
    await start.click()
    await tab.page.locator(AGREE).wait_for()
    await tab.page.evaluate("location.hash = 'files'")
    await tab.page.locator("#agreement").wait_for(state="hidden")
    await tab.page.locator("#tab-live").click()
    await start.click()
    await tab.page.locator(AGREE).wait_for()
    gate.clear()
    await tab.page.locator(AGREE).dblclick()
    gate.set()
    await tab.wait_for_frames()
    await tab.page.reload()
    await tab.page.evaluate(COUNT_CAMERAS)
    gate.clear()
    async with tab.page.expect_request("**/consent"):
        await start.dblclick()
    assert await tab.words("status") == "Asking the server…"
    assert asked == ["GET", "GET", "PUT", "GET"]
    await tab.page.locator("#tab-files").click()
    gate.set()
    await tab.page.locator("#tab-live").click()
    await tab.start_camera()
    assert await tab.page.evaluate("window.cameras") == 1


async def test_who_leaves_after_agreeing_has_agreed(service: Service, open_tab: OpenTab) -> None:
    """By a button or by a key: the server's answer decides, and nothing is said before it."""
    tab, held = await open_tab(service.caller.url), asyncio.Queue[Route]()

    async def hold(route: Route) -> None:
        await (held.put(route) if route.request.method == "PUT" else route.continue_())

    async def agree_and_leave(key: str) -> Route:
        await tab.page.locator("#start-camera").click()
        await tab.page.locator(AGREE).click()
        route = await held.get()
        await tab.page.locator(NOT_NOW).press(key)
        await tab.page.locator("#agreement").wait_for(state="hidden")
        assert await tab.words("status") == "Asking the server…"
        return route

    await tab.page.route("**/consent", hold)
    await (await agree_and_leave("Enter")).abort()
    await expect(tab.page.locator("#status")).to_contain_text("The server cannot be reached")
    await (await agree_and_leave("Escape")).continue_()
    await tab.wait_for_frames()


async def test_who_cannot_be_asked_about_is_told_why(service: Service, open_tab: OpenTab) -> None:
    """Where the server does not answer, and where it does not know who is there: no camera yet."""
    tab = await open_tab(service.caller.url)
    await tab.page.evaluate(COUNT_CAMERAS)
    await tab.page.evaluate(LOSE_PATIENCE_LATER)
    waits = asyncio.Event()
    await tab.page.route("**/consent", lambda _: waits.set())
    await tab.page.locator("#start-camera").click()
    await waits.wait()
    await tab.page.evaluate("window.patience.abort()")
    await expect(tab.page.locator("#status")).to_contain_text("The server cannot be reached")
    await tab.page.unroute("**/consent")
    await tab.page.route("**/consent", lambda route: route.fulfill(status=401))
    await tab.page.evaluate(LOSE_PATIENCE_LATER)
    await tab.page.locator("#start-camera").click()
    await tab.page.locator("#notice[data-problem='signed_out']").wait_for()
    assert await tab.page.evaluate("window.cameras") == 0


async def test_what_the_server_needs_is_asked_again(
    service: Service, open_tab: OpenTab, tmp_path: Path
) -> None:
    """Where it was not heard, and where it has changed: no photo goes before that is known."""
    films, path = await open_videos(open_tab, service.caller.url), tmp_path / "me.jpg"
    sent: list[str] = []
    path.write_bytes(pictures.jpeg(pictures.portrait()))
    films.page.on("request", lambda request: sent.append(request.url.rsplit("/", 1)[1]))
    await films.page.route("**/about", lambda route: route.abort())
    await films.page.reload()
    await films.choose(path)
    await films.change()
    await films.says("file-alert", "The server cannot be reached")
    assert "try-on" not in sent
    needless = {"consent": {"required": False}, "kept_s": {}, "is_demo": False}
    await films.page.unroute("**/about")
    await films.page.route("**/about", lambda route: route.fulfill(json=needless), times=1)
    await films.part("change").click()
    await films.part("not-now").click()
    await films.says("file-status", "You have not agreed. Nothing more is sent.")
    assert sent.count("try-on") == 1
    assert await films.part("withdraw").is_visible()
