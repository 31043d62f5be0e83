"""The page's tab for photos and videos against the live server, in Chromium."""

from pathlib import Path
from urllib.parse import urljoin

import cv2
import pytest
from aiohttp import ClientSession
from playwright.async_api import Request, Route

from tests import pictures
from tests.integration.browser import ALLOWED, NO_CAMERA, OpenTab
from tests.integration.process import ServerProcess
from tests.integration.video_tab import LONG, NOTE_WORDS, SHORT, open_videos, written
from tests.integration.videos import Videos

pytestmark = pytest.mark.asyncio(loop_scope="module")

FRAME_S = 1 / SHORT.rate_fps
BEFORE, AFTER = "document.querySelector('#before video')", "document.querySelector('#after video')"
PLAYING = f"{AFTER}.currentTime > 0.2 && {BEFORE}.currentTime > 0.1"
LOADED = "document.querySelector('.card-picture img')?.naturalWidth > 0"
FOCUSED = "document.activeElement.id"


async def test_a_video_is_changed_and_deleted(
    shared_server: ServerProcess, open_shared: OpenTab, tmp_path: Path
) -> None:
    """Chosen, changed, watched beside the original, found in the history, and deleted."""
    films = await open_videos(open_shared, shared_server.url, width=360, height=740)
    await films.says("history-words", "No videos yet")
    await films.choose(written(tmp_path / "me.mp4"))
    assert await films.part("change").is_disabled()
    await films.says("change-hint", "Choose a shade")
    await films.page.evaluate(NOTE_WORDS)
    await films.change()
    await films.completed()
    seen = " | ".join(await films.page.evaluate("window.seen"))
    assert "Uploaded" in seen
    assert "left" in seen
    await films.tab.until(PLAYING)
    assert await films.of("#after video", "readyState") >= 2
    duration_s = await films.of("#after video", "duration")
    assert duration_s == pytest.approx(SHORT.frames * FRAME_S, abs=FRAME_S)
    assert await films.part("change").is_disabled()
    await films.part("calm").check()
    assert await films.part("change").is_enabled()
    await films.part("calm").uncheck()
    assert await films.part("change").is_disabled()
    address = await films.part("download").get_attribute("href") or ""
    assert (await films.part("download").get_attribute("download") or "").endswith(".mp4")
    await films.tab.until(LOADED)
    await films.page.evaluate(f"{BEFORE}.pause()")
    await films.tab.until(f"{AFTER}.paused")
    await films.page.evaluate(f"{AFTER}.currentTime = 1.5")
    await films.tab.until(f"Math.abs({BEFORE}.currentTime - 1.5) < 0.06")
    await films.page.evaluate(f"{AFTER}.play()")
    await films.tab.until(f"{AFTER}.ended && {BEFORE}.currentTime > 1.8")
    await films.page.evaluate(f"{BEFORE}.currentTime = 0.5")
    await films.tab.until(f"Math.abs({AFTER}.currentTime - 0.5) < 0.06")
    assert await films.page.evaluate("document.documentElement.scrollWidth") == 360
    await films.part("delete").click()
    assert await films.page.evaluate("document.activeElement.textContent") == "Keep"
    await films.part("delete-place").get_by_text("Delete", exact=True).click()
    await films.says("history-words", "No videos yet")
    assert await films.cards.count() == 0
    assert await films.page.evaluate(FOCUSED) == "change"
    async with ClientSession() as http, http.get(urljoin(shared_server.url, address)) as answer:
        assert answer.status == 404
    assert films.tab.complaints == []
    assert films.tab.hosts == {shared_server.url.removeprefix("http://")}


async def test_a_photo_is_changed_and_not_kept(
    shared_server: ServerProcess, open_shared: OpenTab, tmp_path: Path
) -> None:
    """The result is shown beside it and can be saved; one without a person is told in words."""
    portrait, nobody = tmp_path / "me.jpg", tmp_path / "nobody.jpg"
    cv2.imwrite(str(portrait), pictures.portrait())
    cv2.imwrite(str(nobody), pictures.gradient(320, 240))
    films = await open_videos(open_shared, shared_server.url)
    await films.choose(portrait)
    await films.change()
    await films.completed()
    await films.tab.until("document.querySelector('#after img').naturalWidth === 512")
    assert await films.of("#before img", "naturalWidth") == 512
    async with films.page.expect_download() as download:
        await films.part("download").click()
    saved = cv2.imread(str(await (await download.value).path()))
    assert saved is not None
    assert saved.shape == (512, 512, 3)
    assert (await download.value).suggested_filename.startswith("hair-try-on-copper-")
    assert await films.part("delete-place").is_hidden()
    assert await films.cards.count() == 0
    assert films.tab.complaints == []
    await films.choose(nobody)
    await films.part("change").click()
    await films.says("file-alert", "Your photo: No person is found")
    assert await films.part("change").is_enabled()


async def test_what_is_under_way_is_cancelled_or_survives_a_reload(
    shared_server: ServerProcess, open_shared: OpenTab, tmp_path: Path
) -> None:
    """An upload is cancelled; a job is found again in the history, goes on, and is cancelled."""
    films = await open_videos(open_shared, shared_server.url)
    await films.choose(written(tmp_path / "long.mp4", LONG))
    await films.page.route("**/upload-video", lambda _: None)
    await films.change()
    await films.says("work-words", "Upload")
    assert await films.page.evaluate(FOCUSED) == "cancel"
    await films.drop("other.png")
    await films.says("file-status", "wait for it, or cancel it")
    await films.part("cancel").click()
    await films.says("file-status", "Cancelled")
    assert await films.page.evaluate(FOCUSED) == "change"
    await films.page.unroute("**/upload-video")
    await films.part("change").click()
    await films.page.locator("[data-state='processing']").wait_for()
    await films.page.reload()
    await films.cards.filter(has_text="Changing, ").wait_for()
    await films.page.locator(".card-open").click()
    await films.says("work-words", "of 300 frames")
    await films.part("cancel").click()
    await films.cards.filter(has_text="Cancelled").wait_for()
    await films.says("file-status", "Cancelled")
    result_id = await films.cards.get_attribute("data-result") or ""
    async with ClientSession() as http:
        result = await Videos(http, shared_server.url).result(result_id, await films.user_id())
    assert result["status"] == "cancelled"
    assert films.tab.complaints == []


async def test_what_cannot_be_taken_is_told(
    shared_server: ServerProcess, open_shared: OpenTab, tmp_path: Path
) -> None:
    """In the server's words, or in ours before anything is sent; the next one is taken."""
    wrong = tmp_path / "picture.mp4"
    wrong.write_bytes(pictures.jpeg())
    films = await open_videos(open_shared, shared_server.url)
    await films.drop("words.txt")
    await films.says("file-alert", "“words.txt” is neither a photo nor a video")
    await films.drop("first.avi", "second.avi")
    await films.says("file-status", "only “first.avi” is taken")
    assert await films.part("file-alert").is_hidden()
    await films.choose(wrong)
    await films.says("before", "cannot play the original")
    await films.change()
    await films.says("file-alert", "The server reports")
    assert await films.part("change").is_enabled()
    assert await films.page.evaluate(FOCUSED) == "change"
    await films.page.route("**/process-video", busy)
    await films.choose(written(tmp_path / "me.mp4"))
    assert await films.part("file-alert").is_hidden()
    await films.part("change").click()
    await films.says("file-alert", "too much to do just now. Try again in 7 s.")


async def busy(route: Route) -> None:
    """Answer as a server that is full."""
    answer = {"type": "error", "error": "SERVER_FULL", "message": "Too many videos are waiting"}
    await route.fulfill(status=503, json=answer, headers={"Retry-After": "7"})


async def test_without_an_answer_it_is_sent_again(
    shared_server: ServerProcess, open_shared: OpenTab, tmp_path: Path
) -> None:
    """With the same key; another look needs no second upload, and has a key of its own. A later
    visit has both results, but not the original."""
    films = await open_videos(open_shared, shared_server.url)
    sent: dict[str, list[str]] = {"upload-video": [], "process-video": []}

    async def fail_once(route: Route, request: Request) -> None:
        keys = sent[request.url.rsplit("/", 1)[1]]
        keys.append(request.headers["idempotency-key"])
        await (route.abort() if len(keys) == 1 else route.continue_())

    for name in sent:
        await films.page.route(f"**/{name}", fail_once)
    await films.choose(written(tmp_path / "me.mp4"))
    await films.change()
    await films.completed()
    await films.change("royal-blue")
    await films.cards.filter(has_text="Ready").nth(1).wait_for()
    assert len(sent["upload-video"]) == 2
    assert len(set(sent["upload-video"])) == 1
    assert len(sent["process-video"]) == 3
    assert len(set(sent["process-video"])) == 2
    await films.page.reload()
    await films.page.locator(".card-open").nth(1).click()
    await films.completed()
    await films.tab.until(f"{AFTER}.readyState >= 2")
    assert await films.part("before").is_hidden()
    for _ in range(2):
        await films.cards.last.locator(".plain").click()
        await films.cards.last.get_by_text("Delete", exact=True).click()
        await films.part("dropzone").wait_for()
    await films.says("history-words", "No videos yet")
    assert await films.page.evaluate(FOCUSED) == "choose-file"


async def test_tabs_are_in_the_address(shared_server: ServerProcess, open_shared: OpenTab) -> None:
    """Arrow keys change them, a link and a reload keep them, and the camera goes off."""
    tab = await open_shared(shared_server.url)
    await tab.start_camera()
    await tab.page.evaluate(
        "window.track = document.getElementById('video').srcObject.getTracks()[0]"
    )
    await tab.page.locator("#tab-live").press("ArrowRight")
    assert await tab.page.evaluate(FOCUSED) == "tab-files"
    assert await tab.page.evaluate("location.hash") == "#files"
    assert await tab.page.evaluate("window.track.readyState") == "ended"
    assert await tab.page.locator("#panel-live").is_hidden()
    assert await tab.page.locator("#look-name").is_visible()
    await tab.page.keyboard.press("ArrowRight")
    assert await tab.page.evaluate("location.hash") == "#live"
    assert await tab.page.locator("#consent").is_visible()
    assert "See yourself" in await tab.words("consent-title")
    assert await tab.words("chip") == "Not started"
    await tab.page.locator("#consent a").click()
    await tab.page.locator("#dropzone").wait_for()
    await tab.page.reload()
    await tab.page.locator("#dropzone").wait_for()
    assert await tab.page.locator("#tab-files").get_attribute("aria-selected") == "true"
    assert tab.complaints == []


async def test_without_a_camera_there_are_files(
    shared_server: ServerProcess, open_shared: OpenTab
) -> None:
    """The card that tells of the missing camera leads to them."""
    tab = await open_shared(shared_server.url, ALLOWED, NO_CAMERA)
    await tab.page.locator("#start-camera").click()
    await tab.page.locator("#notice-files").click()
    await tab.page.locator("#dropzone").wait_for()
    assert await tab.page.evaluate(FOCUSED) == "choose-file"
    assert await tab.page.locator("#notice").is_hidden()


async def test_the_history_comes_in_pages(
    shared_server: ServerProcess, open_shared: OpenTab, tmp_path: Path
) -> None:
    """Twelve at once; the focus goes on to what is new, and to the next card after a deletion."""
    films = await open_videos(open_shared, shared_server.url)
    user_id = await films.user_id()
    async with ClientSession() as http:
        videos = Videos(http, shared_server.url)
        upload_id = await videos.upload(user_id=user_id)
        for _ in range(14):
            result_id = await videos.ordered(upload_id, user_id=user_id)
            await videos.delete(result_id, user_id)
    await films.page.reload()
    await films.cards.nth(11).wait_for()
    assert await films.cards.count() == 12
    await films.part("history-more").click()
    await films.cards.nth(13).wait_for()
    focused = "document.activeElement.closest('.card-item')?.dataset.result"
    thirteenth = await films.cards.nth(12).get_attribute("data-result")
    await films.tab.until(f"{focused} === '{thirteenth}'")
    assert await films.part("history-more").is_hidden()
    second = await films.cards.nth(1).get_attribute("data-result")
    await films.cards.nth(0).locator(".plain").press("Enter")
    await films.page.keyboard.press("Escape")
    await films.page.keyboard.press("Enter")
    await films.cards.nth(0).get_by_text("Delete", exact=True).press("Enter")
    await films.tab.until(f"{focused} === '{second}'")
    assert await films.cards.count() == 13
    assert films.tab.complaints == []
