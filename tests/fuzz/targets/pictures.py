"""Pictures and films, as far as they are looked at in the service's own process."""

from typing import Any, Final

from hypothesis import strategies as st

from media.codec import PictureError, check_picture, decode_frame, decode_photo
from media.film.kind import HEAD_BYTES, FilmError, check_claims, kind_of, told_bytes
from tests.films import Recipe, film
from tests.fuzz.target import Target, changed
from tests.pictures import encoded, gradient, jpeg, pillow

MAX_PX: Final = 100_000
IMAGE: Final = pillow(gradient(40, 30))
PICTURES: Final = (
    jpeg(gradient(40, 30)),
    encoded(IMAGE, "JPEG", progressive=True, exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0"),
    encoded(IMAGE.convert("CMYK"), "JPEG"),
    encoded(IMAGE, "PNG"),
    encoded(IMAGE.convert("P"), "PNG", transparency=3),
    encoded(IMAGE.convert("I;16"), "PNG"),
    encoded(IMAGE, "WEBP"),
    encoded(IMAGE.convert("RGBA"), "WEBP", lossless=True),
)
WORDS: Final = (
    b"\xff\xd8\xff", b"\xff\xc0", b"\xff\xc2", b"\xff\xda", b"\xff\xd9", b"\xff\xe1", b"\xff\xe2",
    b"ICC_PROFILE\0\1\1", b"Exif\0\0", b"IHDR", b"IDAT", b"IEND\xaeB`\x82", b"tRNS", b"PLTE",
    b"iCCP", b"eXIf", b"acTL", b"zTXt", b"VP8 ", b"VP8L", b"VP8X", b"ANIM", b"ALPH", b"RIFF",
)  # fmt: skip
FILMS: Final = tuple(
    film(Recipe(container=container, codec=codec, frames=3))
    for container, codec in (
        ("mp4", "libx264"), ("mov", "mpeg4"), ("avi", "mpeg4"), ("webm", "libvpx"),
    )
)  # fmt: skip
FILM_WORDS: Final = (
    b"ftyp", b"isom", b"qt  ", b"moov", b"mdat", b"mvhd", b"trak", b"stsz", b"stco", b"stts",
    b"elst", b"avcC", b"dref", b"url ", b"RIFF", b"AVI ", b"LIST", b"idx1", b"\x1a\x45\xdf\xa3",
    b"\x42\x82", b"webm", b"\xff\xff\xff\xff", b"\0\0\0\1", b"\0\0\0\0",
)  # fmt: skip


def _decode(data: bytes) -> None:
    """Whatever the header says is what comes out of it."""
    header = check_picture(data, MAX_PX)
    frame = decode_frame(data, MAX_PX)
    assert frame.shape == (header.height_px, header.width_px, 3)
    assert max(decode_photo(data, MAX_PX, 20).shape[:2]) <= 20


def _tell_kind(claim: Any) -> None:
    head, name, content_type = claim
    told_bytes(head)
    check_claims(kind_of(head[:HEAD_BYTES]), name, content_type)


TARGETS: Final = (
    Target("pictures", changed(*PICTURES, words=WORDS), _decode, (PictureError,)),
    Target(
        "films",
        st.tuples(
            changed(*(one[:512] for one in FILMS), words=FILM_WORDS),
            st.sampled_from(["me.mp4", "me.MOV", "me.avi", "\0.webm", ""]) | st.text(max_size=9),
            st.sampled_from(["video/mp4", "", "video/webm;codecs=vp8"]) | st.text(max_size=9),
        ),
        _tell_kind,
        (FilmError,),
    ),
)
