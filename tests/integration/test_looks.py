"""Looks in full over the wire: their parts, reference photos of no use, and what is seen."""

import asyncio
from typing import Any

import numpy as np
import pytest
from PIL import Image

from processing.engine import Advice
from tests.engines import SECRET, FussyEngine, invert
from tests.integration.client import LiveClient, picture_of, text_of
from tests.integration.service import StartService
from tests.pictures import encoded, jpeg, portrait, solid

FULL = {
    "color": "copper",
    "intensity": 0.9,
    "shine": 0.4,
    "ombre": {"tips": "Platinum", "roots": "#102030", "position": 0.6, "softness": 0.3},
    "highlights": {"color": "honey", "amount": 0.25},
}
FULL_LOOK = {
    "engine": "invert",
    "color": "#a64b23",
    "shade": "copper",
    "intensity": 0.9,
    "shine": 0.4,
    "ombre": {"tips": "#e3d8c3", "roots": "#102030", "position": 0.6, "softness": 0.3},
    "highlights": {"color": "#bd8d54", "amount": 0.25},
    "style_image": False,
    "color_image": False,
}
NO_PERSON = text_of(jpeg(solid(0, 0, 0)))
NO_HAIR = text_of(jpeg(solid(255, 255, 255)))
BREAKS = text_of(jpeg(solid(128, 128, 128)))
GOOD = text_of(jpeg(portrait()))


@pytest.fixture
async def fussy(start_service: StartService) -> tuple[FussyEngine, LiveClient]:
    """An engine that looks at photos and heads, and a client of it."""
    engine = FussyEngine()
    service = await start_service(engine, invert())
    return engine, await service.caller.join()


async def test_look_in_full_outlives_its_connection(start_service: StartService) -> None:
    """All parts of a look are confirmed with their colours as hex, and are there again later."""
    service = await start_service()
    client = await service.caller.join()
    answer = await client.ask("set_look", look=FULL)
    assert answer["look"] == FULL_LOOK
    assert answer["applied"] == ["color", "shine", "ombre", "highlights"]
    await client.close()
    await service.settled()
    assert (await (await service.caller.connect()).receive())["look"] == FULL_LOOK


@pytest.mark.parametrize(
    ("look", "field"),
    [
        ({"shine": 2}, "shine"),
        ({"ombre": {"roots": "copper"}}, "ombre.tips"),
        ({"ombre": {"tips": "puce"}}, "ombre.tips"),
        ({"highlights": {"color": "#12345"}}, "highlights.color"),
        ({"highlights": {"color": "copper", "amount": 2}}, "highlights.amount"),
    ],
)
async def test_wrong_part_is_named(
    start_service: StartService, look: dict[str, Any], field: str
) -> None:
    """A look that cannot be is INVALID_LOOK, names the field, and leaves the earlier look."""
    client = await (await start_service()).caller.join()
    await client.ask("set_look", look=FULL)
    answer = await client.ask("set_look", look=look)
    assert answer["error"] == "INVALID_LOOK"
    assert answer["message"].startswith(f"{field}: ")
    assert (await client.ask("set_style_image", image_data=GOOD))["look"] == FULL_LOOK | {
        "style_image": True
    }


async def test_shine_alone_is_a_look(start_service: StartService) -> None:
    """One's own hair with more shine is something to apply."""
    client = await (await start_service()).caller.join()
    answer = await client.ask("set_look", look={"shine": 0.5})
    assert answer["applied"] == ["shine"]
    assert picture_of(await client.process("f1", jpeg())) != jpeg()


@pytest.mark.parametrize("kind", ["set_style_image", "set_color_image"])
@pytest.mark.parametrize(
    ("photo", "code", "words"),
    [
        (NO_PERSON, "NO_PERSON", "No person is found in the photo. Try"),
        (NO_HAIR, "NO_HAIR", "Too little hair is found in the photo. Try"),
        (BREAKS, "PROCESSING_FAILED", "Failed to process the photo"),
    ],
)
async def test_photo_of_no_use(
    fussy: tuple[FussyEngine, LiveClient], kind: str, photo: str, code: str, words: str
) -> None:
    """A photo without a person or hair is refused in words, and the earlier look is kept."""
    _, client = fussy
    await client.ask("set_look", look={"color": "copper"})
    before = (await client.ask("set_style_image", image_data=GOOD))["look"]
    answer = await client.ask(kind, image_data=photo)
    assert (answer["type"], answer["error"]) == ("error", code)
    assert answer["message"].startswith(words)
    assert SECRET not in answer["message"]
    assert (await client.ask("set_look", look={"color": "copper"}))["look"] == before


async def test_photo_of_no_use_is_not_kept(start_service: StartService) -> None:
    """What the engine refused is in neither the cache nor the session's document."""
    service = await start_service(FussyEngine())
    client = await service.caller.join()
    await client.ask("set_style_image", image_data=GOOD)
    await client.ask("set_style_image", image_data=NO_HAIR)
    await client.ask("set_color_image", image_data=NO_PERSON)
    await client.close()
    await service.settled()
    greeting = await (await service.caller.connect()).receive()
    assert (greeting["look"]["style_image"], greeting["look"]["color_image"]) == (True, False)


async def test_photo_stays_when_the_engine_changes(
    fussy: tuple[FussyEngine, LiveClient],
) -> None:
    """A photo that one engine accepted stays in the look when another takes over, which says
    what it makes of it."""
    _, client = fussy
    await client.ask("set_look", look={"engine": "invert"})
    assert (await client.ask("set_style_image", image_data=NO_HAIR))["applied"] == ["style"]
    answer = await client.ask("set_look", look={"engine": "fussy"})
    assert answer["look"]["style_image"]
    assert answer["applied"] == []
    assert "applies nothing of it" in answer["note"]
    assert (await client.process("f1", jpeg()))["type"] == "processed_frame"
    assert (await client.ask("set_style_image", image_data=GOOD))["applied"] == ["color"]


async def test_style_set_says_that_only_the_colour_is_taken(
    fussy: tuple[FussyEngine, LiveClient],
) -> None:
    """An engine that takes the colour of a style photo, not its shape, has that said."""
    _, client = fussy
    answer = await client.ask("set_style_image", image_data=GOOD)
    assert (answer["type"], answer["applied"]) == ("style_set", ["color"])
    assert answer["note"].startswith("The colour of the style photo is taken over; the shape")
    colored = await client.ask("set_color_image", image_data=GOOD)
    assert (colored["type"], colored["applied"]) == ("color_set", ["color"])


@pytest.mark.parametrize("name", ["grey", "CMYK", "16 bit", "turned"])
async def test_photos_of_every_make(start_service: StartService, name: str) -> None:
    """Grey, CMYK, 16-bit and turned photos are taken as they are meant."""
    client = await (await start_service()).caller.join()
    grey = Image.fromarray(np.tile(np.arange(64, dtype=np.uint8) * 4, (48, 1)))
    exif = Image.Exif()
    exif[0x0112] = 6
    photos = {
        "grey": encoded(grey, "JPEG"),
        "CMYK": encoded(grey.convert("CMYK"), "JPEG"),
        "16 bit": encoded(Image.fromarray(np.asarray(grey).astype(np.uint16) * 256), "PNG"),
        "turned": encoded(grey, "JPEG", exif=exif),
    }
    answer = await client.ask("set_style_image", image_data=text_of(photos[name]))
    assert (answer["type"], answer["applied"]) == ("style_set", ["style"])


async def test_stats_tell_at_once_what_is_seen(fussy: tuple[FussyEngine, LiveClient]) -> None:
    """A head that leaves or advice that changes is told with the next frame, not a second later."""
    engine, client = fussy
    await client.ask("set_look", look={"color": "copper"})
    seen = []
    for heads, advice in [(1, ()), (0, (Advice.NO_HEAD,)), (3, (Advice.SEVERAL_HEADS,))]:
        engine.heads, engine.advice = heads, advice
        started_s = asyncio.get_running_loop().time()
        while not client.figures or client.figures[-1]["heads"] != heads:
            await client.process("f", jpeg())
            await asyncio.sleep(0.01)
        assert asyncio.get_running_loop().time() - started_s < 0.9
        figures = client.figures[-1]
        seen.append((figures["head"], figures["advice"], figures["effort"]))
    assert seen == [
        ("one", [], 0.5),
        ("none", ["no_head"], 0.5),
        ("several", ["several_heads"], 0.5),
    ]


async def test_advice_ends_with_the_look(fussy: tuple[FussyEngine, LiveClient]) -> None:
    """When nothing is applied any more nobody looks, so that nothing is advised."""
    engine, client = fussy
    engine.heads, engine.advice = 0, (Advice.NO_HEAD,)
    await client.ask("set_look", look={"color": "copper"})
    await client.process("f1", jpeg())
    assert (await client.receive_figures())["advice"] == ["no_head"]
    await client.ask("clear_look")
    await client.process("f2", jpeg())
    figures = await client.receive_figures()
    assert (figures["heads"], figures["advice"]) == (None, [])
    assert "head" not in figures


async def test_engine_learns_the_pressure(fussy: tuple[FussyEngine, LiveClient]) -> None:
    """The engine is told with each frame how hard it is to keep up; at rest that is nothing."""
    engine, client = fussy
    await client.ask("set_look", look={"color": "copper"})
    for number in range(20):
        await client.process(str(number), jpeg())
    assert engine.pressures[0] == 0.0
    assert engine.pressures[-1] > 0.0
