"""The page at a server that needs consent, in Chromium."""

from pathlib import Path

import pytest

from tests import pictures
from tests.integration.browser import OpenTab, Tab
from tests.integration.service import Service, StartService
from tests.integration.video_tab import open_videos

AGREE, NOT_NOW = "#agree", "#not-now"


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
