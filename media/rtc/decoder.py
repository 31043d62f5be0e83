"""Encoded video to pictures, one in and one out, without delay."""

import struct
from typing import Final, cast

import av
import cv2
import numpy as np
from av.codec.context import Flags
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from media.frame import Picture
from media.header import BrokenPicture, PictureTooLarge
from media.rtc.video_codec import VideoCodec

_VP8_START, _VP8_SIDE = b"\x9d\x01\x2a", 0x3FFF
_DECODERS: Final = {VideoCodec.H264: "h264", VideoCodec.VP8: "libvpx"}


class VideoDecoder:
    """One stream's decoder. Used by one thread at a time."""

    def __init__(self, codec: VideoCodec, max_px: int) -> None:
        self._codec = codec
        self._max_px = max_px
        self._context = self._open()

    def decode(self, data: bytes) -> VideoFrame | None:
        """The picture in a whole frame's bytes; None where it holds none.

        Raises BrokenPicture, after which only a key frame helps, and PictureTooLarge.
        """
        self._check_size(data)
        try:
            frames = self._context.decode(av.Packet(data))
        except av.FFmpegError as error:
            # What the decoder remembers may be what broke it.
            self._context = self._open()
            raise BrokenPicture(f"{self._codec}: cannot be decoded") from error
        if not frames:
            return None
        frame = frames[-1]
        self._check(frame.width, frame.height)
        return frame

    def _check_size(self, data: bytes) -> None:
        """Before anything is allocated: a VP8 key frame tells its size in its header; of H.264 the
        decoder itself is told the limit."""
        if self._codec is VideoCodec.VP8 and data[3:6] == _VP8_START and not data[0] & 1:
            width, height = struct.unpack_from("<HH", data.ljust(10, b"\0"), 6)
            self._check(width & _VP8_SIDE, height & _VP8_SIDE)

    def _check(self, width: int, height: int) -> None:
        if width * height > self._max_px:
            size = f"{width} x {height} pixels"
            raise PictureTooLarge(f"{self._codec}: {size}: more than the {self._max_px} allowed")

    def _open(self) -> VideoCodecContext:
        context = av.CodecContext.create(_DECODERS[self._codec], "r")
        # Several threads of a decoder's own work on several frames at once: a delay of that many.
        context.thread_count = 1
        context.flags |= Flags.low_delay
        if self._codec is VideoCodec.H264:
            context.options = {"max_pixels": str(self._max_px)}
        return cast("VideoCodecContext", context)


def picture_of(frame: VideoFrame) -> Picture:
    """The frame as BGR; its last row and column are cut off where their count is odd.

    By the coefficients of BT.601, limited range, as `planes_of` has them: what is not changed in
    between comes out as it went in, whatever the sender meant.
    """
    if frame.format.name != "yuv420p" or frame.width % 2 or frame.height % 2:
        picture = frame.to_ndarray(format="bgr24")
        height, width = picture.shape[0] // 2 * 2, picture.shape[1] // 2 * 2
        return np.ascontiguousarray(picture[:height, :width])
    return np.asarray(cv2.cvtColor(frame.to_ndarray(), cv2.COLOR_YUV2BGR_I420), np.uint8)


def planes_of(picture: Picture) -> VideoFrame:
    """A BGR picture with an even number of rows and columns as a frame of planes."""
    planes = cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420)
    # Not copied once more: that would take five times as long as the conversion.
    return VideoFrame.from_numpy_buffer(np.asarray(planes, np.uint8), format="yuv420p")
