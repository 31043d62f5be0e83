"""The page's tab for photos and videos, used as a visitor does."""

from pathlib import Path
from typing import Any, Final

from playwright.async_api import Locator

from tests.films import Recipe, film
from tests.integration.browser import OpenTab, Tab

SHORT: Final = Recipe(width_px=320, height_px=240, frames=24)
LONG: Final = Recipe(width_px=640, height_px=480, frames=300, rate_fps=30)
"""Takes long enough to be watched, and to be called off."""

NOTE_WORDS: Final = """() => {
  window.seen = [];
  const words = document.getElementById("work-words");
  new MutationObserver(() => window.seen.push(words.textContent)).observe(words, {
    childList: true, characterData: true, subtree: true,
  });
}"""
DROP: Final = """(names) => {
  const dataTransfer = new DataTransfer();
  for (const name of names) dataTransfer.items.add(new File(["x"], name));
  const drop = new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true });
  document.getElementById("history-title").dispatchEvent(drop);
}"""


class VideoTab:
    """The tab in a browser."""

    def __init__(self, tab: Tab) -> None:
        self.tab = tab
        self.page = tab.page

    def part(self, name: str) -> Locator:
        """An element by its id."""
        return self.page.locator(f"#{name}")

    @property
    def cards(self) -> Locator:
        """The history's."""
        return self.page.locator(".card-item")

    async def choose(self, path: Path) -> None:
        """Choose a file, and wait until something can be done with it."""
        await self.part("any-file").set_input_files(path)
        await self.part("file-actions").wait_for()

    async def change(self, shade: str = "copper") -> None:
        """Choose a shade, and have it applied."""
        await self.page.locator(f"input[value='{shade}']").check(force=True)
        await self.part("change").click()

    async def completed(self) -> None:
        """Wait for the result."""
        await self.page.locator("#panel-files[data-state='completed']").wait_for()

    async def drop(self, *names: str) -> None:
        """Drop files of these names onto the tab."""
        await self.page.evaluate(DROP, list(names))

    async def says(self, name: str, words: str) -> None:
        """Wait until an element has these words in it."""
        await self.part(name).filter(has_text=words).wait_for()

    async def of(self, selector: str, name: str) -> Any:
        """A property of an element."""
        return await self.page.locator(selector).evaluate(f"(element) => element.{name}")

    async def user_id(self) -> str:
        """Whose videos they are."""
        return str(await self.page.evaluate("localStorage.getItem('hair-tryon.user-id')"))


async def open_videos(open_tab: OpenTab, url: str, **options: int) -> VideoTab:
    """Open the page at this tab."""
    tab = await open_tab(url, **options)
    await tab.page.locator("#tab-files").click()
    return VideoTab(tab)


def written(path: Path, recipe: Recipe = SHORT) -> Path:
    """A film as a file."""
    path.write_bytes(film(recipe))
    return path
