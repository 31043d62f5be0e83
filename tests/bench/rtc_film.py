"""What WebRTC cameras see: a loop of encoded video whose pictures carry their numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

import simplejpeg

from media.rtc.decoder import VideoDecoder, picture_of, planes_of
from media.rtc.encoder import VideoEncoder
from media.rtc.video_codec import CLOCK_HZ, VideoCodec
from tests.rtc import CELL_PX, number_of, stamp

FRAMES = 64
"""A loop begins with its only key frame: every two seconds at 30 frames/s."""
BITRATE_BPS = 1_500_000
MAX_PX = 640 * 480


@dataclass(frozen=True, slots=True)
class Film:
    """A loop of encoded frames; the picture of each carries its place in the loop."""

    frames: tuple[bytes, ...]

    def at(self, place: int) -> bytes:
        """The frame at that place of the endless loop."""
        return self.frames[place % len(self.frames)]


def film(codec: VideoCodec, jpegs: Sequence[bytes]) -> Film:
    """A loop of these pictures, over and over, with numbers."""
    encoder = VideoEncoder(codec)
    frames = []
    for number in range(FRAMES):
        picture = simplejpeg.decode_jpeg(jpegs[number % len(jpegs)], colorspace="BGR")
        stamp(picture, number)
        timestamp = number * CLOCK_HZ // 30
        frames.append(encoder.encode(planes_of(picture), timestamp, BITRATE_BPS))
    return Film(tuple(frames))


class Reader:
    """Reads the numbers of the pictures that come back."""

    def __init__(self, codec: VideoCodec) -> None:
        self._decoder = VideoDecoder(codec, MAX_PX)

    def read(self, data: bytes) -> int | None:
        """The number; None where there is no picture."""
        frame = self._decoder.decode(data)
        return None if frame is None else number_of(picture_of(frame)[:CELL_PX])
