"""A visitor's own data on the page, against the live server, in Chromium."""

from pathlib import Path
from zipfile import ZipFile

from tests.integration.browser import OpenTab
from tests.integration.process import ServerProcess
from tests.integration.video_tab import VideoTab, written


async def test_a_visitor_takes_everything_along_and_has_it_erased(
    live_server: ServerProcess, open_tab: OpenTab, tmp_path: Path
) -> None:
    """The ZIP holds the film and the result; after the erasure nothing is shown any more, an
    upload on its way is called off, and the film that is still open can be changed again."""
    tab = await open_tab(live_server.url, width=360, height=740)
    await tab.start_camera()
    await tab.page.locator("#tab-files").click()
    films = VideoTab(tab)
    assert await tab.words("kept-words") == (
        ": your videos after 7 days, results after 30 days and photos after 1 day"
    )
    assert await films.part("demo-words").is_visible()
    assert await films.part("withdraw").is_hidden()
    path = written(tmp_path / "me.mp4")
    await films.choose(path)
    await films.change()
    await films.completed()
    async with films.page.expect_download() as coming:
        await films.part("export").click()
    saved = tmp_path / "saved.zip"
    await (await coming.value).save_as(saved)
    with ZipFile(saved) as made:
        kinds = sorted(name.rpartition("/")[2] for name in made.namelist())
        assert kinds == ["data.json", "index.html", "me.mp4", "result.mp4", "thumb.jpg"]
        film = next(name for name in made.namelist() if name.endswith("me.mp4"))
        assert made.read(film) == path.read_bytes()
    await films.part("erase").click()
    assert await films.page.evaluate("document.activeElement.textContent") == "Keep it"
    await films.part("erase-place").get_by_text("Erase everything", exact=True).click()
    await films.says("own-data-words", "Erased: 1 video, 1 result, 1 live session")
    assert await films.cards.count() == 0
    assert await films.page.evaluate("document.activeElement.id") == "erase"
    assert await films.page.evaluate("document.documentElement.scrollWidth") == 360
    await films.page.route("**/upload-video", lambda _: None)
    await films.change("platinum")
    await films.says("work-words", "Upload")
    await films.part("erase").click()
    await films.part("erase-place").get_by_text("Erase everything", exact=True).click()
    await films.says("file-status", "Cancelled")
    await films.page.unroute("**/upload-video")
    await films.part("change").click()
    await films.completed()
    assert await films.cards.count() == 1
    assert films.tab.complaints == []
