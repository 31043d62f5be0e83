"""Encoded and decoded pictures for tests."""

import struct
import zlib
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image
from skimage import data

from media.codec import encode_jpeg
from media.frame import Picture


def noise(width_px: int = 64, height_px: int = 48, seed: int = 1) -> Picture:
    """Random pixels, the same for the same seed."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (height_px, width_px, 3), np.uint8)


def gradient(width_px: int = 64, height_px: int = 48) -> Picture:
    """Blue grows to the right, green downwards; red is 100. JPEG keeps it nearly as it is."""
    picture = np.full((height_px, width_px, 3), 100, np.uint8)
    picture[:, :, 0] = np.linspace(0, 255, width_px, dtype=np.uint8)[None, :]
    picture[:, :, 1] = np.linspace(0, 255, height_px, dtype=np.uint8)[:, None]
    return picture


def solid(blue: int, green: int, red: int, width_px: int = 8, height_px: int = 8) -> Picture:
    """One colour."""
    return np.full((height_px, width_px, 3), (blue, green, red), np.uint8)


def portrait() -> Picture:
    """A woman's face and shoulders, 512 x 512 (NASA, public domain)."""
    return np.ascontiguousarray(data.astronaut()[:, :, ::-1])  # type: ignore[no-untyped-call]


def jpeg(picture: Picture | None = None, quality: int = 85) -> bytes:
    """A JPEG as a webcam makes it; of a gradient if no picture is given."""
    return encode_jpeg(gradient() if picture is None else picture, quality)


def truncated_jpeg() -> bytes:
    """A JPEG of which the second half is missing."""
    whole = jpeg(noise(320, 240))
    return whole[: len(whole) // 2]


def huge_jpeg_header(width_px: int = 20_000, height_px: int = 20_000) -> bytes:
    """A small JPEG whose header claims many more pixels than it has."""
    small = bytearray(jpeg())
    start_of_frame = small.find(b"\xff\xc0")
    struct.pack_into(">HH", small, start_of_frame + 5, height_px, width_px)
    return bytes(small)


def huge_png_header(width_px: int = 20_000, height_px: int = 20_000) -> bytes:
    """A tiny PNG whose header, checksum and all, claims many pixels."""
    header = struct.pack(">IIBBBBB", width_px, height_px, 8, 2, 0, 0, 0)
    chunks = _png_chunk(b"IHDR", header) + _png_chunk(b"IDAT", zlib.compress(b"\0")) + END
    return b"\x89PNG\r\n\x1a\n" + chunks


def encoded(image: Image.Image, picture_format: str, **options: Any) -> bytes:
    """What Pillow writes for an image."""
    stream = BytesIO()
    image.save(stream, picture_format, **options)
    return stream.getvalue()


def pillow(picture: Picture) -> Image.Image:
    """A BGR picture as a Pillow image in RGB."""
    return Image.fromarray(np.ascontiguousarray(picture[:, :, ::-1]))


def _png_chunk(kind: bytes, content: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + checksum


END = _png_chunk(b"IEND", b"")


def display_p3() -> bytes:
    """A colour profile as phones save it: wide primaries (adapted to D50), gamma 2.2."""
    columns = {
        b"wtpt": (0.9642, 1.0, 0.8249),
        b"rXYZ": (0.5151, 0.2412, -0.0011),
        b"gXYZ": (0.2920, 0.6922, 0.0419),
        b"bXYZ": (0.1571, 0.0666, 0.7841),
    }
    tags = {
        name: b"XYZ " + bytes(4) + struct.pack(">3i", *(round(v * 65536) for v in values))
        for name, values in columns.items()
    }
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(2.2 * 256)) + bytes(2)
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    at, table, body = 128 + 4 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for name, tag in tags.items():
        table += struct.pack(">4sII", name, at + len(body), len(tag))
        body += tag
    head = struct.pack(">I4sI", at + len(body), bytes(4), 0x02400000) + b"mntrRGB XYZ " + bytes(12)
    head += b"acsp" + bytes(28) + struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + table + body
