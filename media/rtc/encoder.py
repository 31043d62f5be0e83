"""Pictures to encoded video, in real time: one in and one out."""

from fractions import Fraction
from typing import Final, cast

import av
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame

from media.rtc.video_codec import CLOCK_HZ, VideoCodec

FRAMES_PER_S: Final = 30
KEY_EVERY_FRAMES: Final = 3000
"""Key frames are sent when they are asked for; each costs as much as ten others."""
_TIME_BASE: Final = Fraction(1, CLOCK_HZ)
_USUAL_STEP: Final = CLOCK_HZ // FRAMES_PER_S
_LONGEST_STEP: Final = CLOCK_HZ // 5
_STEP_SHARE: Final = 0.1
"""How much a frame's distance to the last one changes what is believed of the frame rate."""
_LIKE: Final = 0.2
"""Bitrates that differ by no more than this share are the same: another one costs a key frame."""

# Of x264's fastest preset two savings are taken back, the deblocking and the half-pixel search: at
# an eighth of the processor time of the default preset it then comes within half a decibel of it.
_H264: Final = {
    "preset": "ultrafast",
    "tune": "zerolatency",
    "level": "31",
    "x264-params": f"no-deblock=0:subme=1:keyint={KEY_EVERY_FRAMES}:scenecut=0",
}
# No denoising, and as fast as still looks good: better than aiortc's own setting, at six tenths of
# its processor time.
_VP8: Final = {
    "cpu-used": "-14",
    "deadline": "realtime",
    "lag-in-frames": "0",
    "noise-sensitivity": "0",
    "overshoot-pct": "15",
    "undershoot-pct": "100",
    "static-thresh": "300",
    "partitions": "0",
}


class VideoEncoder:
    """One stream's encoder. Used by one thread at a time."""

    def __init__(self, codec: VideoCodec) -> None:
        self._codec = codec
        self._context: VideoCodecContext | None = None
        self._bitrate_bps = 0
        self._last = -1
        self._step = float(_USUAL_STEP)

    def encode(
        self, frame: VideoFrame, timestamp: int, bitrate_bps: int, *, is_key: bool = False
    ) -> bytes:
        """One frame of planes (yuv420p, even sides); sides and bitrate may change at any time.

        ``timestamp`` counts at 90 kHz and goes on for ever.
        """
        timestamp = max(timestamp, self._last + 1)
        rationed_bps = self._rationed(timestamp, bitrate_bps)
        context = self._context
        if context is None or not self._fits(context, frame, rationed_bps):
            context = self._open(frame.width, frame.height, rationed_bps)
        frame.pict_type = PictureType.I if is_key else PictureType.NONE
        frame.pts = self._last = timestamp
        frame.time_base = _TIME_BASE
        return b"".join(bytes(packet) for packet in context.encode(frame))

    def _fits(self, context: VideoCodecContext, frame: VideoFrame, bitrate_bps: int) -> bool:
        """Whether the encoder can go on. As they are wrapped, neither takes another bitrate."""
        if (frame.width, frame.height) != (context.width, context.height):
            return False
        return abs(bitrate_bps - self._bitrate_bps) <= _LIKE * self._bitrate_bps

    def _rationed(self, timestamp: int, bitrate_bps: int) -> int:
        """The bitrate to ask the encoder for, so that this one comes out.

        libvpx goes by the frames' timestamps. x264 would then hold each frame back until the next
        has come; so it is left to believe in 30 frames/s, and gets more bits where there are fewer.
        """
        if self._codec is VideoCodec.VP8:
            return bitrate_bps
        if self._last >= 0:
            step = min(_LONGEST_STEP, timestamp - self._last)
            self._step += _STEP_SHARE * (step - self._step)
        return round(bitrate_bps * self._step / _USUAL_STEP)

    def _open(self, width: int, height: int, bitrate_bps: int) -> VideoCodecContext:
        name = "libx264" if self._codec is VideoCodec.H264 else "libvpx"
        context = cast("VideoCodecContext", av.CodecContext.create(name, "w"))
        context.width, context.height = width, height
        context.bit_rate = bitrate_bps
        context.pix_fmt = "yuv420p"
        context.framerate = Fraction(FRAMES_PER_S)
        context.time_base = _TIME_BASE
        context.thread_count = 1
        if self._codec is VideoCodec.H264:
            context.options = _H264
            context.profile = "Baseline"
        else:
            context.gop_size = KEY_EVERY_FRAMES
            context.qmin, context.qmax = 2, 56
            rate = str(bitrate_bps)
            context.options = {**_VP8, "bufsize": rate, "minrate": rate, "maxrate": rate}
        self._context, self._bitrate_bps = context, bitrate_bps
        return context
