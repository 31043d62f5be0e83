"""The live page with an engine that sees and refuses what the test tells it to."""

import re
from pathlib import Path

import cv2
import numpy as np

from processing.engine import Advice
from tests.engines import FussyEngine
from tests.integration.browser import OpenTab
from tests.integration.service import StartService
from tests.pictures import portrait

SHOWN = "document.getElementById('hint').classList.contains('shown')"


async def test_page_coaches(start_service: StartService, open_tab: OpenTab) -> None:
    """What the visitor could mend stands over the picture while it lasts, in few words."""
    engine = FussyEngine()
    tab = await open_tab((await start_service(engine)).caller.url, width=360, height=740)
    await tab.start_camera()
    await tab.choose("copper")
    assert await tab.page.locator("#hint").is_hidden()
    for advice, words in [
        (Advice.NO_HEAD, "Move into the picture"),
        (Advice.TOO_DARK, "A little more light, please"),
        (Advice.TOO_FAR, "Come a little closer"),
        (Advice.SEVERAL_HEADS, "Best with one person in the picture"),
    ]:
        engine.advice = (advice,)
        await tab.until(f"{SHOWN} && document.getElementById('hint').textContent === '{words}'")
        await tab.page.locator("#hint").wait_for(state="visible")
    engine.advice = ()
    await tab.until(f"!({SHOWN})")
    assert await tab.page.evaluate("document.documentElement.scrollWidth") == 360
    assert tab.complaints == []


async def test_coaching_ends_with_the_look(start_service: StartService, open_tab: OpenTab) -> None:
    """Where nothing is applied, or the camera is off, nobody is told where to move."""
    engine = FussyEngine()
    engine.advice = (Advice.NO_HEAD,)
    tab = await open_tab((await start_service(engine)).caller.url)
    await tab.start_camera()
    await tab.choose("copper")
    await tab.until(SHOWN)
    await tab.page.locator("#original").click()
    await tab.until(f"!({SHOWN})")
    await tab.choose("copper")
    await tab.until(SHOWN)
    await tab.page.locator("#stop").click()
    await tab.until(f"!({SHOWN})")


async def test_refused_photo_leaves_the_earlier_look(
    start_service: StartService, open_tab: OpenTab, tmp_path: Path
) -> None:
    """A photo without hair is told beside its place, and what it took the place of is back."""
    good, bald = tmp_path / "good.png", tmp_path / "bald.png"
    cv2.imwrite(str(good), portrait())
    cv2.imwrite(str(bald), np.full((64, 64, 3), 255, np.uint8))
    tab = await open_tab((await start_service(FussyEngine())).caller.url)
    await tab.start_camera()
    await tab.choose("copper")
    await tab.page.locator("#color-file").set_input_files(bald)
    complaint = tab.page.locator("#color-photo [role='alert']")
    await complaint.wait_for()
    assert "Too little hair" in await complaint.inner_text()
    assert await tab.words("look-name") == "Copper"
    assert await tab.page.locator("input[value='copper']").is_checked()
    assert await tab.page.locator("#color-photo img").count() == 0
    await tab.page.locator("#color-file").set_input_files(good)
    await tab.page.locator("#color-photo img").wait_for()
    assert await complaint.is_hidden()
    assert await tab.words("look-name") == "Colour of a photo"
    await tab.page.locator("#color-file").set_input_files(bald)
    await complaint.wait_for()
    assert await tab.words("look-name") == "Colour of a photo"
    assert await tab.page.locator("#color-photo img").count() == 1


async def test_photo_refused_late_leaves_what_was_chosen(
    start_service: StartService, open_tab: OpenTab, tmp_path: Path
) -> None:
    """Who is quicker than the answers gets back the photo that was taken, or keeps a new choice."""
    good, bald = tmp_path / "good.png", tmp_path / "bald.png"
    cv2.imwrite(str(good), portrait())
    cv2.imwrite(str(bald), np.full((64, 64, 3), 255, np.uint8))
    engine = FussyEngine()
    tab = await open_tab((await start_service(engine)).caller.url)
    await tab.start_camera()
    await tab.choose("copper")
    engine.may_check.clear()
    await tab.page.locator("#color-file").set_input_files(good)
    await tab.page.locator("#color-photo img").wait_for()
    await tab.page.locator("#color-file").set_input_files(bald)
    await tab.page.get_by_text(re.compile("^64 . 64, choose")).wait_for()
    engine.may_check.set()
    complaint = tab.page.locator("#color-photo [role='alert']")
    await complaint.wait_for()
    assert await tab.words("look-name") == "Colour of a photo"
    assert await tab.page.locator("#color-photo img").count() == 1
    engine.may_check.clear()
    await tab.page.locator("#color-file").set_input_files(bald)
    await tab.page.get_by_text(re.compile("^64 . 64, choose")).wait_for()
    # Its answer comes after the photo's, and is not waited for here.
    await tab.page.locator("input[value='copper']").check(force=True)
    engine.may_check.set()
    await tab.until("document.getElementById('status').textContent === 'Applied: the colour.'")
    assert await tab.words("look-name") == "Copper"
    assert await complaint.is_hidden()


async def test_style_photo_says_that_its_colour_is_taken(
    start_service: StartService, open_tab: OpenTab, tmp_path: Path
) -> None:
    """The server's note on a style photo reaches the visitor."""
    photo = tmp_path / "photo.png"
    cv2.imwrite(str(photo), portrait())
    tab = await open_tab((await start_service(FussyEngine())).caller.url)
    await tab.start_camera()
    await tab.page.locator("#style-file").set_input_files(photo)
    await tab.until("document.getElementById('status').textContent.includes('shape')")
    assert "the colour of your photo" in await tab.words("status")
