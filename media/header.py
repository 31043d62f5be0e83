"""What a picture's bytes say of it before anything is decoded or allocated."""

import struct
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import simplejpeg

PictureFormat: TypeAlias = Literal["jpeg", "png", "webp"]

_JPEG_START = b"\xff\xd8\xff"
_JPEG_SCAN = b"\xff\xda"
_JPEG_END = b"\xff\xd9"
_PNG_START = b"\x89PNG\r\n\x1a\n"
_PNG_END = b"IEND\xaeB`\x82"
_PNG_HEADER_BYTES = 33
_WEBP_HEADER_BYTES = 30

# A progressive JPEG has about ten scans. Each one passes over the whole picture again, so that a
# small file of thousands of scans would occupy a worker for minutes.
_MAX_JPEG_SCANS = 24


# The most that WebP can hold; no camera or phone comes near it.
_MAX_SIDE_PX = 16_383


class PictureError(ValueError):
    """A picture that cannot be had from the bytes given; the text never contains any of them."""


class EmptyPicture(PictureError):
    """No bytes at all."""


class UnknownPicture(PictureError):
    """The bytes are no JPEG, PNG or WebP."""


class PictureTooLarge(PictureError):
    """The header announces more pixels than are allowed."""


class BrokenPicture(PictureError):
    """The bytes begin like a picture but are truncated or corrupt."""


@dataclass(frozen=True, slots=True)
class PictureHeader:
    """Size and kind of an encoded picture, as its header announces them."""

    width_px: int
    height_px: int
    format: PictureFormat


def read_header(data: bytes, max_px: int) -> PictureHeader:
    """Read the header of a JPEG, PNG or WebP.

    Raises EmptyPicture, UnknownPicture, BrokenPicture if the header itself is unusable, and
    PictureTooLarge for more than ``max_px`` pixels (width times height).
    """
    header = _parse(data)
    size = f"{header.format}: {header.width_px} x {header.height_px} pixels"
    if header.width_px < 1 or header.height_px < 1:
        raise BrokenPicture(f"{size}: no pixels")
    if max(header.width_px, header.height_px) > _MAX_SIDE_PX:
        raise PictureTooLarge(f"{size}: a side over the {_MAX_SIDE_PX} allowed")
    if header.width_px * header.height_px > max_px:
        raise PictureTooLarge(f"{size}: more than the {max_px} allowed")
    return header


def check_picture(data: bytes, max_px: int) -> PictureHeader:
    """Read the header and look for the end, without decoding: microseconds, not milliseconds.

    Trailing zeros are tolerated, as cameras pad. Raises what ``read_header`` raises, and
    BrokenPicture for a truncated file; what is corrupt in between is not noticed.
    """
    header = read_header(data, max_px)
    if not _has_end(data, header.format):
        raise BrokenPicture(f"{header.format}: truncated, {len(data)} bytes without an end")
    return header


def _parse(data: bytes) -> PictureHeader:
    if not data:
        raise EmptyPicture("no bytes")
    if data.startswith(_JPEG_START):
        return _parse_jpeg(data)
    if data.startswith(_PNG_START):
        return _parse_png(data)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return _parse_webp(data)
    raise UnknownPicture(f"{len(data)} bytes that are no JPEG, PNG or WebP; try one of these")


def _parse_jpeg(data: bytes) -> PictureHeader:
    if _count_pairs(data, _JPEG_SCAN) > _MAX_JPEG_SCANS:
        raise BrokenPicture(f"jpeg: more than {_MAX_JPEG_SCANS} scans")
    try:
        height_px, width_px, _, _ = simplejpeg.decode_jpeg_header(data)
    except ValueError as error:
        raise BrokenPicture("jpeg: unusable header") from error
    return PictureHeader(width_px, height_px, "jpeg")


def _count_pairs(data: bytes, pair: bytes) -> int:
    """``data.count(pair)`` for two bytes; that takes five times as long on a JPEG."""
    wanted = int.from_bytes(pair, "little")
    even = np.frombuffer(data, "<u2", len(data) // 2)
    odd = np.frombuffer(data, "<u2", (len(data) - 1) // 2, offset=1)
    return int(np.count_nonzero(even == wanted) + np.count_nonzero(odd == wanted))


def _parse_png(data: bytes) -> PictureHeader:
    if len(data) < _PNG_HEADER_BYTES or data[12:16] != b"IHDR":
        raise BrokenPicture("png: unusable header")
    width_px, height_px = struct.unpack_from(">II", data, 16)
    return PictureHeader(width_px, height_px, "png")


def _parse_webp(data: bytes) -> PictureHeader:
    """The size stands in another place for lossy, lossless and extended files."""
    chunk = data[12:16]
    if len(data) < _WEBP_HEADER_BYTES:
        raise BrokenPicture("webp: unusable header")
    if chunk == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", data, 26)
        return PictureHeader(width & 0x3FFF, height & 0x3FFF, "webp")
    if chunk == b"VP8L" and data[20:21] == b"\x2f":
        (bits,) = struct.unpack_from("<I", data, 21)
        return PictureHeader((bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1, "webp")
    if chunk == b"VP8X":
        width_px = int.from_bytes(data[24:27], "little") + 1
        height_px = int.from_bytes(data[27:30], "little") + 1
        return PictureHeader(width_px, height_px, "webp")
    raise BrokenPicture("webp: unusable header")


def _has_end(data: bytes, picture_format: PictureFormat) -> bool:
    if picture_format == "webp":
        return int.from_bytes(data[4:8], "little") + 8 <= len(data)
    if picture_format == "png":
        return data.rstrip(b"\0").endswith(_PNG_END)
    if data.rstrip(b"\0").endswith(_JPEG_END):
        return True
    # Cameras append their own data, which decoders pass over. The end of a thumbnail, however,
    # stands before the scans of the picture itself.
    return data.rfind(_JPEG_END) > data.rfind(_JPEG_SCAN)
