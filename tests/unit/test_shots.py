"""Frames that are wanted as they came: who gets one, and what the stream has of it."""

import asyncio
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from media.coder import JpegCoder, Shot
from media.frame import EncodedFrame, Picture
from processing.engine import Engines
from processing.look import Look
from processing.pipeline import FramePipeline
from server.shots import NoShot, Shots, ShotTaken
from tests import pictures
from tests.engines import invert

PICTURE = np.full((4, 6, 3), 10, np.uint8)
JPEG = pictures.jpeg(pictures.portrait())
FRAME = EncodedFrame("1", b"a part of a stream", 0.0)
WORN = Look("invert", color=(0, 0, 255))


class StreamCoder:
    """Of frames that build on each other: the next can be decoded when it is told so."""

    prepare = None

    def __init__(self) -> None:
        self.is_ready = True
        self.decoded = 0

    def can_decode(self, _: EncodedFrame) -> bool:
        return self.is_ready

    def pass_on(self, frame: EncodedFrame) -> bytes | str:
        return frame.payload

    def decode(self, _: EncodedFrame) -> Picture:
        self.decoded += 1
        return PICTURE

    def encode(self, picture: Picture, like: EncodedFrame) -> bytes:
        return picture.tobytes()

    def shot(self, _: EncodedFrame) -> None:
        return None


def stream() -> tuple[StreamCoder, FramePipeline]:
    coder = StreamCoder()
    return coder, FramePipeline(Engines(invert()), coder)


def shot_of(pipeline: FramePipeline, frame: EncodedFrame) -> Shot | None:
    pipeline.wants_shots = True
    return pipeline.process(frame).shot


def test_a_stream_is_decoded_for_it_alone() -> None:
    """Without a look too, for once; then frames are passed on as they were before."""
    coder, pipeline = stream()
    shot = shot_of(pipeline, FRAME)
    assert shot is not None
    assert shot() is PICTURE
    pipeline.wants_shots = False
    result = pipeline.process(FRAME)
    assert (result.payload, result.shot, coder.decoded) == (FRAME.payload, None, 1)


def test_a_stream_goes_on_until_it_can_be_decoded() -> None:
    """The frame goes back as it came meanwhile."""
    coder, pipeline = stream()
    coder.is_ready = False
    pipeline.wants_shots = True
    result = pipeline.process(FRAME)
    assert (result.payload, result.shot) == (FRAME.payload, None)


def test_with_a_look_both_have_the_same_picture() -> None:
    """Decoded once, and changed for the stream alone."""
    coder, pipeline = stream()
    pipeline.wear(WORN)
    pipeline.wants_shots = True
    result = pipeline.process(FRAME)
    assert result.shot is not None
    assert result.shot() is PICTURE
    assert result.payload == (255 - PICTURE).tobytes()
    assert coder.decoded == 1


@pytest.mark.parametrize("look", [None, WORN])
def test_a_jpeg_is_decoded_with_care(look: Look | None) -> None:
    """When it is called for; the stream has its own, or the bytes that came."""
    pipeline = FramePipeline(Engines(invert()), JpegCoder(10**6, 85))
    pipeline.wear(look)
    shot = shot_of(pipeline, EncodedFrame("1", JPEG, 0.0))
    assert shot is not None
    careful = np.asarray(Image.open(BytesIO(JPEG)))[..., ::-1].astype(int)
    assert np.abs(shot() - careful).max() <= 1


async def test_one_waits_at_a_time() -> None:
    """And gets the first that comes; nobody is asked for any before or after."""
    _, pipeline = stream()
    shots = Shots(pipeline)
    shots.came(lambda: PICTURE)
    with shots.one():
        waiting = asyncio.create_task(shots.next())
        await asyncio.sleep(0)
        assert pipeline.wants_shots
        with pytest.raises(ShotTaken), shots.one():
            pass
        for number in (1, 2):
            shots.came(lambda number=number: np.full_like(PICTURE, number))  # type: ignore[misc]
        shots.came(None)
        assert (await waiting)().max() == 1
    assert not pipeline.wants_shots
    with shots.one():
        pass


async def test_none_may_come() -> None:
    """In time, or at all, as the session has ended."""
    _, pipeline = stream()
    shots = Shots(pipeline)
    with pytest.raises(NoShot):
        await shots.next(within_s=0)
    waiting = asyncio.create_task(shots.next())
    await asyncio.sleep(0)
    shots.close()
    with pytest.raises(NoShot):
        await waiting
    assert not pipeline.wants_shots
