"""Films for tests, made on the spot."""

from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO
from typing import Any

import av
import numpy as np
from av import VideoFrame

from tests import pictures


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a film is to be like."""

    container: str = "mp4"
    codec: str = "libx264"
    pixels: str = "yuv420p"
    width_px: int = 64
    height_px: int = 48
    frames: int = 12
    rate_fps: int = 12
    has_audio: bool = False
    sound_s: float | None = None
    """As long as the pictures if it is not said."""
    has_pictures: bool = True
    rotation_deg: int = 0
    is_recorded: bool = False
    """As a browser records it: written once, never wound back, without its length."""


class _Recorder(BytesIO):
    """What has been written cannot be written again."""

    def seekable(self) -> bool:
        return False

    def seek(self, *_: object) -> int:
        raise OSError


def film(recipe: Recipe = Recipe()) -> bytes:
    """The film's bytes; every frame is another grey."""
    stream = _Recorder() if recipe.is_recorded else BytesIO()
    with av.open(stream, "w", format=recipe.container) as output:
        coders: list[Any] = []
        if recipe.has_pictures:
            coders.append(_pictures(output, recipe))
        if recipe.has_audio or not recipe.has_pictures:
            coders.append(_sound(output, recipe))
        for coder in coders:
            for packet in coder:
                output.mux(packet)
    return stream.getvalue()


def _pictures(output: Any, recipe: Recipe) -> Any:
    stream = output.add_stream(recipe.codec, rate=recipe.rate_fps)
    stream.width, stream.height, stream.pix_fmt = recipe.width_px, recipe.height_px, recipe.pixels
    if recipe.codec == "libx264":
        stream.options = {"preset": "veryfast"}
    if recipe.rotation_deg:
        stream.set_display_rotation(recipe.rotation_deg)

    def packets() -> Any:
        for number in range(recipe.frames):
            picture = pictures.gradient(recipe.width_px, recipe.height_px)
            picture[:, :, 2] = number * 255 // max(1, recipe.frames)
            frame = VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, recipe.rate_fps)
            yield from stream.encode(frame)
        yield from stream.encode()

    return packets()


def _sound(output: Any, recipe: Recipe) -> Any:
    codec = "libopus" if recipe.container == "webm" else "aac"
    stream = output.add_stream(codec, rate=48_000, layout="mono")

    def packets() -> Any:
        sound_s = recipe.sound_s or recipe.frames / recipe.rate_fps
        for number in range(int(sound_s * 48_000 / 960)):
            wave = np.sin(np.arange(960, dtype=np.float32) * 0.05)[None, :]
            frame = av.AudioFrame.from_ndarray(wave, format="fltp", layout="mono")
            frame.rate, frame.pts = 48_000, number * 960
            yield from stream.encode(frame)
        yield from stream.encode()

    return packets()
