"""Encoded pictures: what is decoded, what is refused, and how cheaply."""

import struct
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from media.codec import (
    BrokenPicture,
    EmptyPicture,
    PictureError,
    PictureTooLarge,
    UnknownPicture,
    check_picture,
    decode_frame,
    decode_photo,
    encode_jpeg,
    encode_photo,
)
from media.frame import Picture
from media.header import PictureFormat, read_header
from tests import pictures

MAX_PX = 1_000_000
SMOOTH = pictures.pillow(pictures.gradient())

KINDS = {
    "jpeg": pictures.jpeg(),
    "progressive": pictures.encoded(SMOOTH, "JPEG", progressive=True, quality=90),
    "no subsampling": pictures.encoded(SMOOTH, "JPEG", subsampling=0, quality=90),
    "rgb jpeg": pictures.encoded(SMOOTH, "JPEG", keep_rgb=True, quality=90),
    "cmyk": pictures.encoded(SMOOTH.convert("CMYK"), "JPEG", quality=95),
    "png": pictures.encoded(SMOOTH, "PNG"),
    "palette": pictures.encoded(SMOOTH.quantize(256), "PNG"),
    "lossy webp": pictures.encoded(SMOOTH, "WEBP", quality=90),
    "lossless webp": pictures.encoded(SMOOTH, "WEBP", lossless=True),
    "extended webp": pictures.encoded(SMOOTH, "WEBP", quality=90, icc_profile=b"none"),
}


def _mean_difference(one: Picture, other: Picture) -> float:
    return float(np.abs(one.astype(int) - other).mean())


def _assert_contract(picture: Picture) -> None:
    assert picture.dtype == np.uint8
    assert picture.ndim == 3
    assert picture.shape[2] == 3
    assert picture.flags.c_contiguous


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_picture_becomes_bgr(kind: str) -> None:
    """Frame and photo of each kind hold the pixels that were encoded, blue first."""
    for decoded in (decode_frame(KINDS[kind], MAX_PX), decode_photo(KINDS[kind], MAX_PX, 512)):
        _assert_contract(decoded)
        assert _mean_difference(decoded, pictures.gradient()) < 8


@pytest.mark.parametrize("kind", KINDS)
def test_header_tells_the_size(kind: str) -> None:
    """The check reads width, height and format of each kind without decoding."""
    header = check_picture(KINDS[kind], MAX_PX)
    assert (header.width_px, header.height_px) == (64, 48)
    assert header.format == next((f for f in ("png", "webp") if f in kind), header.format)


@pytest.mark.parametrize("picture_format", ["JPEG", "PNG", "WEBP"])
def test_grey_becomes_three_equal_channels(picture_format: str) -> None:
    """A grey picture has the same value in blue, green and red."""
    data = pictures.encoded(Image.new("L", (16, 16), 77), picture_format)
    for decoded in (decode_frame(data, MAX_PX), decode_photo(data, MAX_PX, 64)):
        _assert_contract(decoded)
        assert np.abs(decoded.astype(int) - 77).max() <= 2


def test_sixteen_bit_grey_is_scaled() -> None:
    """The upper eight bits of 16-bit grey count; nothing is clipped."""
    grey = Image.fromarray(np.full((8, 8), 40_000, np.uint16))
    decoded = decode_photo(pictures.encoded(grey, "PNG"), MAX_PX, 64)
    assert (decoded == 40_000 >> 8).all()


def test_colours_are_what_their_profile_means() -> None:
    """A phone's Display P3 red is a purer one than sRGB's; a broken profile is passed over."""
    red = Image.new("RGB", (8, 8), (200, 60, 60))
    plain, wide, broken = (
        decode_photo(pictures.encoded(red, "PNG", icc_profile=profile), MAX_PX, 64)[4, 4]
        for profile in (None, pictures.display_p3(), b"no profile at all")
    )
    assert plain.tolist() == broken.tolist() == [60, 60, 200]
    assert int(wide[2]) > 208
    assert int(wide[1]) < 52


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_parts_become_mid_grey(mode: str) -> None:
    """Whatever colour lies under full transparency, 128 is what comes out."""
    clear = Image.new("RGBA", (8, 8), (255, 0, 0, 0)).convert(mode)
    data = pictures.encoded(clear, "PNG")
    assert (decode_photo(data, MAX_PX, 64) == 128).all()
    assert (decode_frame(data, MAX_PX) == 128).all()


def test_half_transparent_is_half_grey() -> None:
    """Alpha mixes the picture with the backdrop."""
    veil = Image.new("RGBA", (8, 8), (255, 0, 0, 128))
    blue, green, red = decode_photo(pictures.encoded(veil, "WEBP", lossless=True), MAX_PX, 64)[0, 0]
    assert abs(int(red) - 191) <= 1
    assert abs(int(blue) - 64) <= 1
    assert blue == green


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("picture_format", ["JPEG", "PNG", "WEBP"])
def test_photo_stands_upright(orientation: int, picture_format: str) -> None:
    """Each EXIF orientation is undone: the picture comes out as the camera was held."""
    stored_from_upright: dict[int, Callable[[Picture], Picture]] = {
        1: lambda p: p,
        2: lambda p: p[:, ::-1],
        3: lambda p: p[::-1, ::-1],
        4: lambda p: p[::-1],
        5: lambda p: p.transpose(1, 0, 2),
        6: np.rot90,
        7: lambda p: p.transpose(1, 0, 2)[::-1, ::-1],
        8: lambda p: np.rot90(p, -1),
    }
    upright = pictures.gradient()
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = pictures.pillow(stored_from_upright[orientation](upright))
    options = {"lossless": True} if picture_format == "WEBP" else {"quality": 95}
    decoded = decode_photo(
        pictures.encoded(stored, picture_format, exif=exif, **options), MAX_PX, 64
    )
    assert decoded.shape == upright.shape
    assert _mean_difference(decoded, upright) < 4


@pytest.mark.parametrize(
    ("width_px", "height_px", "expected"),
    [(400, 200, (50, 100, 3)), (200, 400, (100, 50, 3)), (90, 40, (40, 90, 3))],
)
def test_photo_is_scaled_down_but_never_up(
    width_px: int, height_px: int, expected: tuple[int, ...]
) -> None:
    """The longer side is at most what was asked for, in proportion."""
    picture = pictures.gradient(width_px, height_px)
    for data in (pictures.jpeg(picture), pictures.encoded(pictures.pillow(picture), "PNG")):
        decoded = decode_photo(data, MAX_PX, 100)
        _assert_contract(decoded)
        assert decoded.shape == expected
        assert _mean_difference(decoded, pictures.gradient(expected[1], expected[0])) < 4


def test_phones_multi_picture_jpeg_is_a_photo() -> None:
    """A JPEG with more pictures after its own is read as its first."""
    second = Image.new("RGB", (32, 32))
    data = pictures.encoded(SMOOTH, "MPO", save_all=True, append_images=[second], quality=90)
    assert _mean_difference(decode_photo(data, MAX_PX, 64), pictures.gradient()) < 4
    assert check_picture(data, MAX_PX).width_px == 64


@pytest.mark.parametrize("read", [check_picture, decode_frame])
@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", EmptyPicture),
        (b"hello, this is no picture", UnknownPicture),
        (pictures.encoded(SMOOTH, "GIF"), UnknownPicture),
        (pictures.encoded(SMOOTH, "BMP"), UnknownPicture),
        (pictures.huge_jpeg_header(), PictureTooLarge),
        (pictures.huge_png_header(), PictureTooLarge),
        (pictures.huge_png_header(0, 5), BrokenPicture),
        (pictures.truncated_jpeg(), BrokenPicture),
        (KINDS["jpeg"][:-2], BrokenPicture),
        (KINDS["jpeg"][:40], BrokenPicture),
        (KINDS["png"][:-40], BrokenPicture),
        (KINDS["png"][:20], BrokenPicture),
        (KINDS["lossy webp"][:-40], BrokenPicture),
        (KINDS["lossy webp"][:20], BrokenPicture),
        (KINDS["lossy webp"].replace(b"VP8 ", b"VP8?"), BrokenPicture),
    ],
)
def test_bad_pictures_are_refused_by_name(
    read: Callable[[bytes, int], object], data: bytes, error: type[PictureError]
) -> None:
    """Each kind of bad input has its own error, with a text, for check and decoding alike."""
    with pytest.raises(error) as caught:
        read(data, MAX_PX)
    assert str(caught.value)
    assert not str(caught.value).startswith("b'")


@pytest.mark.parametrize("data", [pictures.truncated_jpeg(), KINDS["png"][:-40]])
def test_bad_photos_are_refused(data: bytes) -> None:
    """A truncated photo is an error, not a picture with a grey half."""
    with pytest.raises(BrokenPicture, match="truncated or corrupt"):
        decode_photo(data, MAX_PX, 512)


def test_the_limit_itself_is_allowed() -> None:
    """Exactly as many pixels as allowed pass; one fewer allowed and they do not."""
    assert decode_frame(KINDS["jpeg"], 64 * 48).shape == (48, 64, 3)
    with pytest.raises(PictureTooLarge, match="64 x 48"):
        decode_frame(KINDS["jpeg"], 64 * 48 - 1)


def test_second_png_header_does_not_get_past_the_limit() -> None:
    """A PNG that corrects its size after the header was checked is refused unread."""
    small, huge = KINDS["png"], pictures.huge_png_header()
    with pytest.raises(BrokenPicture):
        decode_frame(small[:33] + huge[8:33] + small[33:], MAX_PX)


def test_jpeg_of_endless_scans_is_refused() -> None:
    """A small progressive JPEG cannot make the decoder pass over the picture a thousand times."""
    data = KINDS["progressive"]
    scan = data[data.rfind(b"\xff\xda") : -2]
    with pytest.raises(BrokenPicture, match="scans"):
        decode_frame(data[:-2] + scan * 1000 + data[-2:], MAX_PX)


@pytest.mark.parametrize("shift", [0, 1])
def test_scans_are_counted_wherever_they_stand(shift: int) -> None:
    """Markers at even and at odd offsets count alike."""
    comment = b"\xff\xfe" + struct.pack(">H", 2 + shift + 200) + b"x" * shift + b"\xff\xda" * 100
    with pytest.raises(BrokenPicture, match="scans"):
        check_picture(KINDS["jpeg"][:2] + comment + KINDS["jpeg"][2:], MAX_PX)


@pytest.mark.parametrize("trailer", [b"\0" * 30, b"\nmaker's own data"])
def test_data_after_the_end_is_tolerated(trailer: bytes) -> None:
    """Padding or a camera's own data after the end refuse neither check nor decoding."""
    data = KINDS["jpeg"] + trailer
    assert check_picture(data, MAX_PX).format == "jpeg"
    assert decode_frame(data, MAX_PX).shape == (48, 64, 3)


def test_thumbnails_end_is_not_the_pictures_end() -> None:
    """A truncated JPEG that contains a whole thumbnail is still seen to be truncated."""
    comment = b"\xff\xfe" + struct.pack(">H", 2 + len(KINDS["jpeg"])) + KINDS["jpeg"]
    data = KINDS["jpeg"][:2] + comment + KINDS["jpeg"][2:-2]
    with pytest.raises(BrokenPicture, match="truncated"):
        check_picture(data, MAX_PX)


def test_random_damage_raises_nothing_else() -> None:
    """Bytes changed at random give a picture or a PictureError, never another exception."""
    rng = np.random.default_rng(7)
    for data in list(KINDS.values()) * 6:
        damaged = np.frombuffer(data, np.uint8).copy()
        damaged[rng.integers(12, len(data), 4)] = rng.integers(0, 256, 4)
        for read in (check_picture, decode_frame, lambda d, px: decode_photo(d, px, 64)):
            with suppress(PictureError):
                read(damaged.tobytes(), MAX_PX)


def test_encoding_and_decoding_give_the_picture_back() -> None:
    """A gradient survives JPEG nearly unchanged, and better at higher quality."""
    picture = pictures.portrait()[:200, :200]
    coarse, fine = (
        _mean_difference(decode_frame(encode_jpeg(picture, q), MAX_PX), picture) for q in (30, 95)
    )
    assert fine < coarse < 8
    assert fine < 3


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (17, 16)])
def test_odd_sizes_are_encoded(size: tuple[int, int]) -> None:
    """Sizes that are no multiple of a JPEG block keep their size."""
    picture = pictures.noise(*size)
    assert decode_frame(encode_jpeg(picture, 90), MAX_PX).shape == picture.shape


def test_region_is_encoded_and_mirrored_view_is_refused() -> None:
    """Gaps between rows are handled; pixels out of order raise instead of scrambling."""
    picture = pictures.gradient()
    region = picture[8:40, 16:48]
    assert encode_jpeg(region, 80) == encode_jpeg(np.ascontiguousarray(region), 80)
    with pytest.raises(ValueError, match="contiguous"):
        encode_jpeg(picture[:, ::-1], 80)


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp"])
def test_photos_are_encoded_as_what_was_asked_for(kind: PictureFormat) -> None:
    """The kind that was asked for, the same pixels or nearly, and no metadata."""
    photo = pictures.gradient(120, 90)
    coded = encode_photo(photo, kind, 92)
    assert read_header(coded, MAX_PX).format == kind
    assert _mean_difference(decode_photo(coded, MAX_PX), photo) < (1 if kind == "png" else 3)
    assert not Image.open(BytesIO(coded)).getexif()


def test_a_photos_colours_are_as_fine_as_its_light() -> None:
    """Lines of two colours, one pixel wide, stay apart in a JPEG: strands do so before skin."""
    photo = np.zeros((32, 32, 3), np.uint8)
    photo[:, ::2], photo[:, 1::2] = (40, 40, 200), (200, 40, 40)
    decoded = decode_photo(encode_photo(photo, "jpeg", 92), MAX_PX)
    assert _mean_difference(decoded, photo) < 8


def test_photo_may_stay_as_large_as_it_is() -> None:
    """Without a longest side nothing is scaled, but it is turned upright."""
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = pictures.encoded(pictures.pillow(pictures.gradient(300, 200)), "JPEG", exif=exif)
    assert decode_photo(stored, MAX_PX).shape == (300, 200, 3)
