"""The live page with an engine that sees and refuses what the test tells it to."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
import pytest_asyncio

from processing.engine import Advice
from tests.engines import FussyEngine
from tests.integration.browser import Tab, tab_opener
from tests.integration.conftest import starter
from tests.pictures import portrait

pytestmark = pytest.mark.asyncio(loop_scope="module")

SHOWN = "document.getElementById('hint').classList.contains('shown')"


@dataclass(frozen=True, slots=True)
class Fussy:
    """A visitor who is live, and the engine that works for them."""

    engine: FussyEngine
    tab: Tab


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def visitor(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Fussy]:
    """The same for all tests: opening the page takes longer than most of them."""
    folder, engine = tmp_path_factory.mktemp("fussy"), FussyEngine()
    async with AsyncExitStack() as stack:
        service = await starter(stack, folder / "data")(engine)
        tab = await tab_opener(stack, folder)(service.caller.url, width=360, height=740)
        await tab.start_camera()
        yield Fussy(engine, tab)


@pytest_asyncio.fixture(loop_scope="module")
async def fussy(visitor: Fussy) -> Fussy:
    """The visitor, with nothing on, who is told nothing."""
    visitor.engine.advice = ()
    await visitor.tab.start_over()
    return visitor


async def test_page_coaches(fussy: Fussy) -> None:
    """What the visitor could mend stands over the picture while it lasts, in few words."""
    engine, tab = fussy.engine, fussy.tab
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


async def test_coaching_ends_with_the_look(fussy: Fussy) -> None:
    """Where nothing is applied, or the camera is off, nobody is told where to move."""
    engine, tab = fussy.engine, fussy.tab
    engine.advice = (Advice.NO_HEAD,)
    await tab.choose("copper")
    await tab.until(SHOWN)
    await tab.page.locator("#original").click()
    await tab.until(f"!({SHOWN})")
    await tab.choose("copper")
    await tab.until(SHOWN)
    await tab.page.locator("#stop").click()
    await tab.until(f"!({SHOWN})")
    await tab.start_camera()


async def test_refused_photo_leaves_the_earlier_look(fussy: Fussy, tmp_path: Path) -> None:
    """A photo without hair is told beside its place, and what it took the place of is back."""
    good, bald = tmp_path / "good.png", tmp_path / "bald.png"
    cv2.imwrite(str(good), portrait())
    cv2.imwrite(str(bald), np.full((64, 64, 3), 255, np.uint8))
    tab = fussy.tab
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


async def test_photo_refused_late_leaves_what_was_chosen(fussy: Fussy, tmp_path: Path) -> None:
    """Who is quicker than the answers gets back the photo that was taken, or keeps a new choice."""
    good, bald = tmp_path / "good.png", tmp_path / "bald.png"
    cv2.imwrite(str(good), portrait())
    cv2.imwrite(str(bald), np.full((64, 64, 3), 255, np.uint8))
    engine, tab = fussy.engine, fussy.tab
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


async def test_style_photo_says_that_its_colour_is_taken(fussy: Fussy, tmp_path: Path) -> None:
    """The server's note on a style photo reaches the visitor."""
    photo = tmp_path / "photo.png"
    cv2.imwrite(str(photo), portrait())
    tab = fussy.tab
    await tab.page.locator("#style-file").set_input_files(photo)
    await tab.until("document.getElementById('status').textContent.includes('shape')")
    assert "the colour of your photo" in await tab.words("status")
