"""The live page by WebRTC, in Chromium, and how it falls back to the WebSocket."""

import asyncio
from collections.abc import Awaitable, Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.async_api import Route

from tests.integration.browser import OpenTab, Tab, largest_difference
from tests.integration.process import ServerProcess
from tests.lossy import Weather, lossy_relay, without_candidates

CHANGED_LEVELS = 16.0
"""As in test_page: recoloured hair differs by more in some cell."""
LOSE_PATIENCE_LATER = """() => {
  const after = AbortSignal.timeout.bind(AbortSignal);
  window.patience = new AbortController();
  AbortSignal.timeout = (ms) => ms === 5000 ? window.patience.signal : after(ms);
}"""
"""The five seconds within which a call has to come up are over when the test says so."""
PATIENCE_LOOKS = 30
"""So often is looked, after ten frames each, before a change is given up."""


async def _by_webrtc(shared_server: ServerProcess, open_tab: OpenTab) -> Tab:
    tab = await open_tab(shared_server.url, transport="auto")
    await tab.start_camera()
    assert await tab.data("readout", "transport") == "webrtc"
    return tab


@pytest.mark.asyncio(loop_scope="module")
async def test_a_visit_by_webrtc(shared_server: ServerProcess, open_shared: OpenTab) -> None:
    """The page prefers it; a shade changes the picture; the delay is known; nothing complains."""
    tab = await _by_webrtc(shared_server, open_shared)
    await tab.choose("royal-blue")
    assert await _differs_in_time(tab, tab.before)
    await tab.until("Number(document.getElementById('readout').dataset.p50) > 0")
    assert "WebRTC" in await tab.words("readout")
    changed = await tab.after()

    async def as_it_was() -> NDArray[np.float64]:
        return changed

    await tab.page.locator("#original").click()
    assert await _differs_in_time(tab, as_it_was)
    assert tab.complaints == []
    assert tab.live_urls == []
    assert tab.hosts == {shared_server.url.removeprefix("http://")}


async def _differs_in_time(
    tab: Tab, from_what: Callable[[], Awaitable[NDArray[np.float64]]]
) -> bool:
    """Whether the changed picture comes to differ, however busy the machine is."""
    for _ in range(PATIENCE_LOOKS):
        await tab.wait_for_frames(10)
        if largest_difference(await from_what(), await tab.after()) > CHANGED_LEVELS:
            return True
    return False


@pytest.mark.asyncio(loop_scope="module")
async def test_stop_hangs_up(shared_server: ServerProcess, open_shared: OpenTab) -> None:
    """The camera is let go, and the server forgets the call at once."""
    tab = await _by_webrtc(shared_server, open_shared)
    async with tab.page.expect_response(lambda one: one.request.method == "DELETE") as response:
        await tab.page.locator("#stop").click()
    assert (await response.value).status in (200, 404)  # 404: it has noticed by itself
    await tab.until("document.getElementById('readout').dataset.transport === ''")
    await tab.page.locator("#start-camera").click()
    await tab.wait_for_frames()
    assert await tab.data("readout", "transport") == "webrtc"


async def _turn_away(tab: Tab, is_hidden: bool) -> None:
    """As when another tab comes to the front."""
    await tab.page.evaluate(
        """(hidden) => {
          Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        is_hidden,
    )


@pytest.mark.asyncio(loop_scope="module")
async def test_a_hidden_tab_sends_nothing(
    shared_server: ServerProcess, open_shared: OpenTab
) -> None:
    """The call goes on, and the picture comes back with the tab."""
    tab = await _by_webrtc(shared_server, open_shared)
    await _turn_away(tab, is_hidden=True)
    await asyncio.sleep(1.0)
    before = await tab.figure("delivered")
    await asyncio.sleep(1.5)
    assert await tab.figure("delivered") <= before + 1
    await _turn_away(tab, is_hidden=False)
    await tab.wait_for_frames(10)
    assert await tab.data("readout", "transport") == "webrtc"
    assert tab.complaints == []


@pytest.mark.asyncio(loop_scope="module")
async def test_stop_while_the_call_is_made(
    shared_server: ServerProcess, open_shared: OpenTab
) -> None:
    """A call that is taken after the visitor has left is hung up."""
    tab = await open_shared(shared_server.url, transport="auto")

    async def slowly(route: Route) -> None:
        if route.request.method != "POST":
            return await route.continue_()
        response = await route.fetch()
        await tab.page.locator("#stop").click()
        return await route.fulfill(response=response)

    await tab.page.route("**/api/hair-tryOn/webrtc/**", slowly)
    async with tab.page.expect_request(lambda one: one.method == "DELETE"):
        await tab.page.locator("#start-camera").click()


@pytest.mark.asyncio(loop_scope="module")
async def test_another_way_is_found(shared_server: ServerProcess, open_shared: OpenTab) -> None:
    """When the way to the server is cut the page looks for another one: the call goes on."""
    asked = list[str]()
    async with lossy_relay(Weather()) as first, lossy_relay(Weather()) as second:
        tab = await open_shared(shared_server.url, transport="auto")

        async def by_relay(route: Route) -> None:
            method, body = route.request.method, route.request.post_data
            asked.append(method)
            response = await route.fetch(post_data=without_candidates(body or ""))
            if response.status == 204:  # the call goes on: asked as nothing came
                return await route.fulfill(response=response)
            relay = first if method == "POST" else second
            text = relay.reroute(await response.text())
            headers = {
                name: value for name, value in response.headers.items() if name != "content-length"
            }
            return await route.fulfill(status=response.status, headers=headers, body=text)

        await tab.page.route("**/api/hair-tryOn/webrtc/**", by_relay)
        await tab.start_camera()
        assert await tab.data("readout", "transport") == "webrtc"
        first.weather = Weather(is_dark=True)
        await asyncio.sleep(1.0)
        before = second.carried
        await tab.wait_for_frames(20)
        assert second.carried > before + 100
        assert asked[:2] == ["POST", "PATCH"]
        assert asked.count("POST") == 1
        await tab.page.unroute("**/api/hair-tryOn/webrtc/**")
        await tab.page.locator("#stop").click()


@pytest.mark.asyncio(loop_scope="module")
async def test_snapshot_by_webrtc(shared_server: ServerProcess, open_shared: OpenTab) -> None:
    """A JPEG of the size of the picture."""
    tab = await _by_webrtc(shared_server, open_shared)
    await tab.until("!document.getElementById('snapshot').disabled")
    await tab.until("document.getElementById('readout').dataset.size === '640x480'")
    async with tab.page.expect_download() as download:
        await tab.page.locator("#snapshot").click()
    picture = cv2.imread(str(await (await download.value).path()))
    assert picture is not None
    assert picture.shape == (480, 640, 3)


@pytest.mark.asyncio(loop_scope="module")
async def test_the_size_can_be_chosen(shared_server: ServerProcess, open_shared: OpenTab) -> None:
    """While the call goes on."""
    tab = await _by_webrtc(shared_server, open_shared)
    await tab.page.locator("summary").click()
    await tab.page.locator("#size").select_option("320x240")
    await tab.until("document.getElementById('readout').dataset.size === '320x240'")
    await tab.wait_for_frames()


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("how", ["refused", "unanswered"])
async def test_fall_back_to_the_websocket(
    shared_server: ServerProcess, open_shared: OpenTab, how: str
) -> None:
    """Where no call comes up the WebSocket is used, with the look that was chosen meanwhile."""
    tab, offered = await open_shared(shared_server.url, transport="auto"), asyncio.Event()

    async def answer(route: Route) -> None:
        offered.set()
        if how == "refused":
            await route.fulfill(status=400, json={"type": "error", "error": "INVALID_OFFER"})

    await tab.page.evaluate(LOSE_PATIENCE_LATER)
    await tab.page.route("**/api/hair-tryOn/webrtc/**", answer)
    await tab.page.locator("#start-camera").click()
    await tab.page.locator("input[value='royal-blue']").check(force=True)
    await offered.wait()
    await tab.page.evaluate("window.patience.abort()")
    await tab.wait_for_frames(10)
    assert await tab.data("readout", "transport") == "binary"
    assert largest_difference(await tab.before(), await tab.after()) > CHANGED_LEVELS


async def test_look_survives_a_restart_by_webrtc(
    live_server: ServerProcess, open_tab: OpenTab
) -> None:
    """When the server goes and comes back, so does the picture, by WebRTC and with its look."""
    tab = await _by_webrtc(live_server, open_tab)
    await tab.choose("royal-blue")
    await live_server.stop()
    await tab.page.locator("#notice").wait_for()
    assert await tab.words("notice-title") == "The server is restarting"
    await live_server.start()
    await tab.until("document.body.dataset.state === 'live'")
    assert await _differs_in_time(tab, tab.before)
    assert await tab.data("readout", "transport") == "webrtc"
