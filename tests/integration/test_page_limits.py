"""The page at a server that lets nobody be live too often, in Chromium."""

import pytest

from tests.integration.browser import OpenTab
from tests.integration.service import StartService


@pytest.mark.parametrize(("transport", "way"), [("websocket", "binary"), ("auto", "webrtc")])
async def test_limits_of_live_pictures(
    start_service: StartService, open_tab: OpenTab, transport: str, way: str
) -> None:
    """It is said which one it is, the page comes back slowly, and by the same way as before."""
    service = await start_service(max_user_sessions=1, connections_per_minute=3)
    tab = await open_tab(service.caller.url, transport=transport)
    user_id = await tab.page.evaluate("localStorage.getItem('hair-tryon.user-id')")
    other = await service.caller.join("other", user_id)
    await tab.page.locator("#start-camera").click()
    await tab.page.locator("#notice[data-problem='user_full']").wait_for()
    assert "as many live pictures open as one person may" in await tab.words("notice-title")
    assert "Trying again in" in await tab.words("notice-wait")
    await other.close()
    await service.settled()
    await tab.page.locator("#notice-action").click()
    await tab.wait_for_frames()
    assert await tab.data("readout", "transport") == way
    await tab.page.locator("#stop").click()
    await tab.page.locator("#start-camera").click()
    await tab.page.locator("#notice[data-problem='rate_limited']").wait_for()
    assert "Trying again in" in await tab.words("notice-wait")
