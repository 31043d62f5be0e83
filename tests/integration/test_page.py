"""The live page against the live server, in Chromium, with a camera that shows a known picture."""

import base64
from pathlib import Path

import cv2
import numpy as np
import pytest
from aiohttp import ClientSession

from tests import pictures
from tests.integration.browser import (
    ALLOWED,
    NO_CAMERA,
    REFUSED,
    TWO_CAMERAS,
    OpenTab,
    Tab,
    camera_picture,
    largest_difference,
)
from tests.integration.process import ServerProcess

CHANGED_LEVELS = 16.0
"""Recoloured hair differs by more in some cell; the two codings of a picture do by less."""

DROP_PHOTO = """([id, base64]) => {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([bytes], "x.png", { type: "image/png" }));
  const drop = new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true });
  document.getElementById(id).dispatchEvent(drop);
}"""
NO_PICTURE = """[...document.querySelectorAll('.complaint')]
  .some((words) => words.textContent.includes('not a picture'))"""


@pytest.mark.asyncio(loop_scope="module")
async def test_camera_is_opened_only_after_consent(
    shared_server: ServerProcess, open_shared: OpenTab
) -> None:
    """Nothing is opened or sent before the visitor agrees; Stop lets the camera go again."""
    tab = await open_shared(shared_server.url)
    assert "goes to this server" in await tab.words("consent-text")
    assert await tab.page.evaluate("document.getElementById('video').srcObject === null")
    assert tab.live_urls == []
    await tab.page.locator("#start-camera").focus()
    await tab.page.keyboard.press("Enter")
    await tab.wait_for_frames()
    await tab.page.evaluate(
        "window.track = document.getElementById('video').srcObject.getTracks()[0]"
    )
    await tab.page.locator("#stop").click()
    assert await tab.page.evaluate("window.track.readyState") == "ended"
    assert await tab.page.locator("#consent").is_visible()
    assert await tab.data("readout", "transport") in ("", "binary")
    await tab.until("document.getElementById('readout').dataset.transport === ''")


@pytest.mark.asyncio(loop_scope="module")
async def test_a_visit_changes_the_picture_and_asks_nobody_else(
    shared_server: ServerProcess, open_shared: OpenTab
) -> None:
    """A shade changes the picture, intensity 0 and Original undo it, and the console is silent."""
    tab = await open_shared(shared_server.url)
    await tab.start_camera()
    assert await tab.data("readout", "transport") == "binary"
    await tab.choose("royal-blue")
    assert largest_difference(await tab.before(), await tab.after()) > CHANGED_LEVELS
    await tab.page.locator("#intensity").press("Home")
    await tab.wait_for_frames(10)
    assert largest_difference(await tab.before(), await tab.after()) < CHANGED_LEVELS
    await tab.page.locator("#intensity").press("End")
    await tab.wait_for_frames(10)
    assert largest_difference(await tab.before(), await tab.after()) > CHANGED_LEVELS
    changed = await tab.after()
    await tab.page.locator("#original").click()
    await tab.wait_for_frames(10)
    assert largest_difference(changed, await tab.after()) > CHANGED_LEVELS
    assert tab.complaints == []
    assert tab.hosts == {shared_server.url.removeprefix("http://")}


@pytest.mark.asyncio(loop_scope="module")
async def test_keyboard_moves_divider_and_shades(shared_tab: Tab) -> None:
    """Arrow keys walk through the shades, and move the divider between before and after."""
    tab = shared_tab
    await tab.start_over()
    await tab.choose("copper")
    await tab.page.locator("input[value='copper']").press("ArrowRight")
    assert await tab.words("look-name") == "Auburn"
    divider = tab.page.locator("#divider")
    await divider.press("Home")
    await divider.press("ArrowRight")
    await divider.press("PageUp")
    assert await divider.get_attribute("aria-valuenow") == "12"
    assert await divider.get_attribute("aria-valuetext") == "12 % before, 88 % after"


@pytest.mark.asyncio(loop_scope="module")
async def test_snapshot_is_a_jpeg_of_the_picture_size(
    shared_server: ServerProcess, open_shared: OpenTab
) -> None:
    """Snapshot saves a JPEG as large as the frames, whose size the address can fix."""
    tab = await open_shared(f"{shared_server.url}/?size=320x240")
    await tab.start_camera()
    await tab.page.locator("#own-color").fill("#2040c0")
    await tab.until("!document.getElementById('snapshot').disabled")
    async with tab.page.expect_download() as download:
        await tab.page.locator("#snapshot").click()
    saved = await download.value
    assert saved.suggested_filename.startswith("hair-try-on-2040c0-")
    picture = cv2.imread(str(await saved.path()))
    assert picture is not None
    assert picture.shape == (240, 320, 3)
    assert await tab.data("readout", "size") == "320x240"


@pytest.mark.asyncio(loop_scope="module")
async def test_reference_photos_are_taken(shared_tab: Tab, tmp_path: Path) -> None:
    """Photos are chosen, dropped and removed again; a text file is refused in words."""
    photo, text = tmp_path / "photo.png", tmp_path / "words.txt"
    cv2.imwrite(str(photo), pictures.portrait())
    text.write_text("no picture")
    tab = shared_tab
    await tab.start_over()
    await tab.page.locator("#style-file").set_input_files(photo)
    await tab.page.locator("#style-photo img").wait_for()
    await tab.until("document.getElementById('status').textContent.includes('photo')")
    await tab.page.locator("#color-file").set_input_files(photo)
    await tab.page.locator("#color-photo img").wait_for()
    assert await tab.words("look-name") == "Colour and style of photos"
    await tab.page.locator("#style-photo button").click()
    assert await tab.words("look-name") == "Colour of a photo"
    dropped = base64.b64encode(photo.read_bytes()).decode()
    await tab.page.evaluate(DROP_PHOTO, ["style-photo", dropped])
    await tab.page.locator("#style-photo img").wait_for()
    assert await tab.words("look-name") == "Colour and style of photos"
    await tab.page.locator("#color-file").set_input_files(text)
    await tab.until(NO_PICTURE)
    assert tab.complaints == []


@pytest.mark.asyncio(loop_scope="module")
async def test_a_video_file_takes_the_cameras_place(
    shared_server: ServerProcess, open_shared: OpenTab, tmp_path: Path
) -> None:
    """Without a camera the page says so in words, and a video file is played instead."""
    video = tmp_path / "clip.webm"
    write_clip(video)
    tab = await open_shared(shared_server.url, ALLOWED, NO_CAMERA)
    await tab.page.locator("#start-camera").click()
    await tab.page.locator("#notice").wait_for()
    assert await tab.words("notice-title") == "No camera found"
    await tab.page.locator("#video-file").set_input_files(video)
    await tab.wait_for_frames(40)
    assert await tab.page.locator("#notice").is_hidden()
    assert await tab.page.locator("#mirror").get_attribute("aria-pressed") == "false"


def write_clip(path: Path) -> None:
    """A VP8 clip of one second: the portrait, shaking a little."""
    picture = camera_picture()
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"VP80"), 25, (640, 480))
    for index in range(25):
        writer.write(np.roll(picture, index % 5, axis=1))
    writer.release()


@pytest.mark.asyncio(loop_scope="module")
async def test_a_refused_camera_is_said_in_words(
    shared_server: ServerProcess, open_shared: OpenTab
) -> None:
    """A visitor who refuses the camera is told how to allow it, and what else there is."""
    tab = await open_shared(shared_server.url, REFUSED, "--use-fake-device-for-media-stream")
    await tab.page.locator("#start-camera").click()
    await tab.page.locator("#notice").wait_for()
    assert await tab.words("notice-title") == "The camera is not allowed"
    assert "address bar" in await tab.words("notice-text")
    assert await tab.page.locator("#notice-video").is_visible()


@pytest.mark.asyncio(loop_scope="module")
async def test_the_camera_can_be_chosen(shared_server: ServerProcess, open_shared: OpenTab) -> None:
    """Where there are two cameras the visitor can take the other one."""
    tab = await open_shared(shared_server.url, ALLOWED, TWO_CAMERAS)
    await tab.start_camera()
    cameras = tab.page.locator("#cameras")
    await cameras.wait_for()
    first = await cameras.input_value()
    await cameras.select_option(index=1)
    await tab.wait_for_frames()
    assert await cameras.input_value() != first
    used = "document.getElementById('video').srcObject.getTracks()[0].getSettings().deviceId"
    assert await tab.page.evaluate(used) == await cameras.input_value()


async def test_look_survives_a_restart_of_the_server(
    live_server: ServerProcess, open_tab: OpenTab
) -> None:
    """When the server goes and comes back, so does the picture, in the same session and look."""
    tab = await open_tab(live_server.url)
    await tab.start_camera()
    await tab.choose("royal-blue")
    await live_server.stop()
    await tab.page.locator("#notice").wait_for()
    assert await tab.words("notice-title") == "The server is restarting"
    await tab.page.wait_for_event("websocket")
    await live_server.start()
    await tab.until("document.body.dataset.state === 'live'")
    await tab.wait_for_frames(10)
    assert largest_difference(await tab.before(), await tab.after()) > CHANGED_LEVELS
    assert len(set(tab.live_urls)) == 1


@pytest.mark.asyncio(loop_scope="module")
async def test_a_session_that_is_taken_over_can_be_taken_back(
    shared_server: ServerProcess, open_shared: OpenTab
) -> None:
    """A second connection to the session ends the first in words, and a button takes it back."""
    tab = await open_shared(shared_server.url)
    await tab.start_camera()
    async with ClientSession() as http, http.ws_connect(tab.live_urls[0]):
        await tab.page.locator("#notice").wait_for()
        assert await tab.words("notice-title") == "This try-on goes on elsewhere"
        await tab.page.locator("#notice-action").click()
        await tab.wait_for_frames()
    assert await tab.page.locator("#notice").is_hidden()


async def test_a_full_server_is_said_in_words(open_tab: OpenTab, tmp_path: Path) -> None:
    """A visitor for whom there is no place is told so, and that the page goes on trying."""
    server = ServerProcess(tmp_path / "data", max_sessions=1)
    await server.start()
    try:
        tab = await open_tab(server.url)
        url = server.url.replace("http", "ws") + "/api/hair-tryOn/realtime/other?user_id=other"
        async with ClientSession() as http, http.ws_connect(url) as other:
            await other.receive()
            await tab.page.locator("#start-camera").click()
            await tab.page.locator("#notice").wait_for()
            assert await tab.words("notice-title") == "The server is full"
            assert "Trying again in" in await tab.words("notice-wait")
        await tab.page.locator("#notice-action").click()
        await tab.wait_for_frames()
    finally:
        await server.stop()


@pytest.mark.asyncio(loop_scope="module")
async def test_effects_make_the_look_on_a_phone(
    shared_server: ServerProcess, open_shared: OpenTab
) -> None:
    """Shine, ombre and highlights are set with the keyboard, and Original ends them; at 360 pixels
    everything fits, before consent and while it is live."""
    tab = await open_shared(shared_server.url, width=360, height=740)
    assert await tab.page.evaluate("document.documentElement.scrollWidth") == 360
    assert await tab.page.locator("#divider").get_attribute("aria-valuenow") == "50"
    await tab.start_camera()
    await tab.page.locator("#shine").press("ArrowRight")
    await tab.until("document.getElementById('status').textContent.includes('shine')")
    assert await tab.words("look-name") == "Your own hair"
    await tab.page.locator("#ombre-on").press("Space")
    await tab.page.locator("#highlights-on").press("Space")
    assert await tab.words("look-extras") == "with ombre, highlights, shine"
    assert await tab.page.locator("#ombre-tips").is_visible()
    assert await tab.page.locator("#ombre-roots").is_hidden()
    assert await tab.page.evaluate("document.documentElement.scrollWidth") == 360
    await tab.page.locator("#original").click()
    assert await tab.words("look-extras") == ""
    assert await tab.page.locator("#ombre-tips").is_hidden()
    await tab.until("document.getElementById('status').textContent.startsWith('Your own hair')")
    assert tab.complaints == []


@pytest.mark.asyncio(loop_scope="module")
async def test_any_hex_colour_can_be_typed(shared_tab: Tab) -> None:
    """Six hex digits, with or without the #, are a colour; anything else is told to be none."""
    tab = shared_tab
    await tab.start_over()
    text = tab.page.locator("#own-color-field input[type='text']")
    await text.fill("2040C0")
    await text.blur()
    assert await tab.words("look-name") == "#2040c0"
    assert await text.input_value() == "#2040c0"
    assert await tab.page.locator("#own-color").input_value() == "#2040c0"
    await tab.until("document.getElementById('status').textContent.startsWith('Applied')")
    await text.fill("#12x")
    await text.blur()
    assert await text.get_attribute("aria-invalid") == "true"
    assert "no colour" in await tab.words("status")
    assert await tab.words("look-name") == "#2040c0"
