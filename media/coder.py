"""How one client's pictures are read and written: JPEG by JPEG, or as a stream of video."""

from collections.abc import Callable
from functools import partial
from typing import Protocol, TypeAlias

from media.codec import check_picture, decode_frame, encode_jpeg
from media.frame import EncodedFrame, Picture
from media.payload import payload_bytes, payload_text

Shot: TypeAlias = Callable[[], Picture]
"""A frame's picture, for work with all care that is no part of the stream: to be called once, on
a worker, and may raise as a coder does."""


class Coder(Protocol):
    """Called on workers, for one frame at a time and in the frames' order; `prepare` beside it.

    Raises PictureError or BrokenBase64 for what is no picture.
    """

    @property
    def prepare(self) -> Callable[[], None] | None:
        """To be called on a worker that is idle while another frame is processed: does what can
        be done before a frame's turn. None where that is nothing."""
        ...

    def can_decode(self, frame: EncodedFrame) -> bool:
        """Whether this frame can be had as a picture; asked before `decode`."""
        ...

    def pass_on(self, frame: EncodedFrame) -> bytes | str:
        """The frame's picture unchanged, as the client wants it."""
        ...

    def decode(self, frame: EncodedFrame) -> Picture:
        """The frame's picture."""
        ...

    def encode(self, picture: Picture, like: EncodedFrame) -> bytes | str:
        """A changed picture, in the form in which this frame came."""
        ...

    def shot(self, frame: EncodedFrame) -> Shot | None:
        """The frame apart from all others, at no cost to the stream; None where frames build on
        each other, and the picture is that of `decode`."""
        ...


class JpegCoder:
    """Every picture by itself; as base64 text if it came as text."""

    def __init__(self, max_px: int, quality: int) -> None:
        self._max_px = max_px
        self._quality = quality

    prepare = None

    def can_decode(self, _: EncodedFrame) -> bool:
        """See Coder: every one by itself."""
        return True

    def pass_on(self, frame: EncodedFrame) -> bytes | str:
        """The very bytes that came, after a look at their header: it costs next to nothing."""
        data = payload_bytes(frame.payload)
        check_picture(data, self._max_px)
        return _like(frame, data)

    def decode(self, frame: EncodedFrame) -> Picture:
        """See Coder."""
        return decode_frame(payload_bytes(frame.payload), self._max_px)

    def encode(self, picture: Picture, like: EncodedFrame) -> bytes | str:
        """See Coder."""
        return _like(like, encode_jpeg(picture, self._quality))

    def shot(self, frame: EncodedFrame) -> Shot:
        """See Coder."""
        return partial(_developed, frame.payload, self._max_px)


def _like(frame: EncodedFrame, data: bytes) -> bytes | str:
    return payload_text(data) if isinstance(frame.payload, str) else data


def _developed(payload: bytes | str, max_px: int) -> Picture:
    return decode_frame(payload_bytes(payload), max_px, fast=False)
