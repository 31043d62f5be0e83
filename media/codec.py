"""Frames in and out: encoded pictures to pixels and back, on the hot path.

It hands on what belongs to it, so that callers need this module alone.
"""

import simplejpeg

from media.frame import Picture
from media.header import (
    BrokenPicture,
    EmptyPicture,
    PictureError,
    PictureHeader,
    PictureTooLarge,
    UnknownPicture,
    check_picture,
    read_header,
)
from media.photo import decode_as_it_is, decode_photo, encode_photo

__all__ = [
    "BrokenPicture",
    "EmptyPicture",
    "PictureError",
    "PictureHeader",
    "PictureTooLarge",
    "UnknownPicture",
    "check_picture",
    "decode_frame",
    "decode_photo",
    "encode_jpeg",
    "encode_photo",
]


def decode_frame(data: bytes, max_px: int, *, fast: bool = True) -> Picture:
    """Decode a camera frame: JPEG of any kind, PNG or WebP.

    What is ``fast`` spares half the time of a JPEG, at the cost of a level or two here and there
    and of coarser edges of colour. Transparent parts are laid over mid grey; EXIF orientation is
    not looked at, since a camera's frames are upright. Raises EmptyPicture, UnknownPicture,
    BrokenPicture (also for damage that a viewer would paint over), and PictureTooLarge for more
    than ``max_px`` pixels.
    """
    header = read_header(data, max_px)
    if header.format != "jpeg":
        return decode_as_it_is(data, header)
    try:
        picture: Picture = simplejpeg.decode_jpeg(
            data, colorspace="BGR", fastdct=fast, fastupsample=fast, strict=True
        )
    except ValueError as error:
        raise BrokenPicture(f"jpeg: {error}") from error
    return picture


def encode_jpeg(picture: Picture, quality: int) -> bytes:
    """Encode as JPEG, 4:2:0, at a quality of 1 to 100.

    A region cut out of a picture will do; raises ValueError where the pixels of a row do not lie
    side by side in memory, as in a mirrored view, which must be made contiguous first.
    """
    jpeg: bytes = simplejpeg.encode_jpeg(
        picture, quality, colorspace="BGR", colorsubsampling="420", fastdct=True
    )
    return jpeg
