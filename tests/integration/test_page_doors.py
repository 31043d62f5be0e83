"""The page at a server that asks who somebody is, in Chromium."""

import pytest

from tests.integration.browser import OpenTab
from tests.integration.service import StartService
from tests.tokens import AUDIENCE, ISSUER, SECRET


@pytest.mark.parametrize("transport", ["websocket", "auto"])
async def test_a_closed_door_is_said_in_words(
    start_service: StartService, open_tab: OpenTab, transport: str
) -> None:
    """Whichever way it tries; it is no demo, and tries no further by itself."""
    service = await start_service(jwt_secret=SECRET, jwt_issuer=ISSUER, jwt_audience=AUDIENCE)
    tab = await open_tab(service.caller.url, transport=transport)
    await tab.page.locator("#start-camera").click()
    await tab.page.locator("#notice").wait_for()
    assert await tab.words("notice-title") == "This server wants to know who you are"
    assert await tab.page.locator("#demo-words").is_hidden()
    assert await tab.data("readout", "delivered") == "0"
