"""What a film is like: its kind by its bytes, its length by its frames, not by its header."""

import random
from contextlib import suppress
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import pytest

from media.film.kind import (
    BrokenFilm,
    EmptyFilm,
    FilmError,
    FilmTooLarge,
    FilmTooLong,
    UnknownFilm,
    check_claims,
    kind_of,
)
from media.film.probe import FilmInfo, FilmLimits, probe
from tests import pictures
from tests.films import Recipe, film

LIMITS = FilmLimits(max_duration_s=30, max_frames=1000, max_px=1920 * 1080)
BOX = b"\0\0\0\x18"


def probed(data: bytes, folder: Path, limits: FilmLimits = LIMITS) -> FilmInfo:
    """What a film of these bytes is like."""
    path = folder / "film"
    path.write_bytes(data)
    return probe(path, limits)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (BOX + b"ftypisom\0\0\2\0isomiso2", "mp4"),
        (BOX + b"ftypmp42\0\0\0\0mp42isom", "mp4"),
        (BOX + b"ftypABCD\0\0\0\0avc1isom", "mp4"),
        (BOX + b"ftypM4V \0\0\0\0M4V isom", "mp4"),
        (BOX + b"ftypqt  \0\0\0\0qt  \0\0\0\0", "mov"),
        (b"\0\0\0\x08wide\0\0\0\0mdat", "mov"),
        (b"RIFF\0\0\0\0AVI LIST", "avi"),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm", "webm"),
    ],
)
def test_kinds_are_known_by_their_bytes(head: bytes, kind: str) -> None:
    """Real brands, not two magic numbers."""
    assert kind_of(head) == kind


@pytest.mark.parametrize(
    "head",
    [
        BOX + b"ftypheic\0\0\0\0mif1heic",
        BOX + b"ftypM4A \0\0\0\0M4A \0\0\0\0",
        b"RIFF\0\0\0\0WAVEfmt ",
        b"\x1a\x45\xdf\xa3\x9f\x42\x82\x88matroska",
        b"\x1a\x45\xdf\xa3\x9f\x42\x82",
        b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd",
        b"ffconcat version 1.0\nfile '/etc/passwd'",
        b"concat:/etc/passwd",
        pictures.jpeg(),
        b"<html>",
        b"\0" * 64,
    ],
)
def test_what_is_no_film_is_told_so(head: bytes) -> None:
    """Pictures, sound, playlists, pages and Matroska are none of ours."""
    with pytest.raises(UnknownFilm):
        kind_of(head)


@pytest.mark.parametrize(
    ("kind", "name", "content_type"),
    [
        ("mp4", "a.mp4", "video/mp4"),
        ("mp4", "A.MP4", "video/mp4; codecs=avc1"),
        ("mov", "IMG_1.MOV", "video/quicktime"),
        ("avi", "a.avi", "video/x-msvideo"),
        ("webm", "a.webm", "application/octet-stream"),
    ],
)
def test_name_type_and_content_agree(kind: str, name: str, content_type: str) -> None:
    """As cameras, phones and browsers name them."""
    check_claims(kind, name, content_type)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "content_type"),
    [("a.mov", "video/mp4"), ("a", "video/mp4"), ("a.mp4", "video/webm"), ("a.mp4.exe", "")],
)
def test_false_claims_are_refused(name: str, content_type: str) -> None:
    """The message says what the file is."""
    with pytest.raises(UnknownFilm, match="it is an MP4"):
        check_claims("mp4", name, content_type)


@pytest.mark.parametrize(
    ("recipe", "kind", "codec"),
    [
        (Recipe(), "mp4", "h264"),
        (Recipe(container="mov", has_audio=True), "mov", "h264"),
        (Recipe(container="avi", codec="mpeg4"), "avi", "mpeg4"),
        (Recipe(container="webm", codec="libvpx", has_audio=True), "webm", "vp8"),
        (Recipe(container="webm", codec="libvpx-vp9"), "webm", "vp9"),
        (Recipe(pixels="yuv420p10le"), "mp4", "h264"),
        (Recipe(container="webm", codec="libvpx", is_recorded=True), "webm", "vp8"),
    ],
)
def test_frames_are_counted_and_time_is_measured(
    recipe: Recipe, kind: str, codec: str, tmp_path: Path
) -> None:
    """Twelve frames in a second, in every kind of film."""
    info = probed(film(recipe), tmp_path)
    assert (info.kind, info.codec) == (kind, codec)
    assert (info.width_px, info.height_px) == (64, 48)
    assert info.frame_count == 12
    assert info.duration_s == pytest.approx(1, abs=0.1)
    assert info.has_audio is recipe.has_audio


@pytest.mark.parametrize(("rotation_deg", "size"), [(90, (48, 64)), (180, (64, 48)), (0, (64, 48))])
def test_size_is_that_of_the_upright_picture(
    rotation_deg: int, size: tuple[int, int], tmp_path: Path
) -> None:
    """A phone held upright stores its pictures lying down, and says so."""
    info = probed(film(Recipe(rotation_deg=rotation_deg)), tmp_path)
    assert (info.width_px, info.height_px) == size
    assert abs(info.rotation_deg) == rotation_deg


def test_one_frame_is_a_film(tmp_path: Path) -> None:
    """The shortest there is."""
    assert probed(film(Recipe(frames=1)), tmp_path).frame_count == 1


@pytest.mark.parametrize("container", ["mp4", "webm", "avi"])
def test_too_long_is_too_long(container: str, tmp_path: Path) -> None:
    """31 s where 30 are allowed, 30 s where 30 are, and no more frames than there may be."""
    codec = "libvpx" if container == "webm" else "mpeg4"
    long = Recipe(container=container, codec=codec, frames=124, rate_fps=4)
    with pytest.raises(FilmTooLong, match="more than the 30 s allowed"):
        probed(film(long), tmp_path)
    just = Recipe(container=container, codec=codec, frames=120, rate_fps=4)
    assert probed(film(just), tmp_path).duration_s == pytest.approx(30, abs=0.1)
    with pytest.raises(FilmTooLong, match="frames allowed"):
        probed(film(just), tmp_path, FilmLimits(30, 100, LIMITS.max_px))


def test_too_large_pictures_are_refused_before_they_are_decoded(tmp_path: Path) -> None:
    """By what the header says, which is checked against the first picture."""
    with pytest.raises(FilmTooLarge, match="64 x 48"):
        probed(film(), tmp_path, FilmLimits(30, 1000, 64 * 47))


def test_dropped_frames_do_not_make_an_avi_a_broken_one(tmp_path: Path) -> None:
    """Capturing programs count them and store nothing for them."""
    stream = BytesIO()
    with av.open(stream, "w", format="avi") as output:
        track: Any = output.add_stream("mjpeg", rate=10)
        track.width, track.height, track.pix_fmt = 64, 48, "yuvj420p"
        for number in range(0, 60, 3):
            packet = av.Packet(pictures.jpeg())
            packet.stream, packet.pts, packet.dts = track, number, number
            packet.time_base = Fraction(1, 10)
            output.mux(packet)
    info = probed(stream.getvalue(), tmp_path)
    assert info.frame_count == 20
    assert info.duration_s == pytest.approx(5.8, abs=0.2)


def test_sound_that_goes_on_and_on_is_refused(tmp_path: Path) -> None:
    """A second of pictures with a minute of sound would be a minute's work."""
    with pytest.raises(FilmTooLong, match="sound"):
        probed(film(Recipe(has_audio=True, sound_s=60)), tmp_path)


def test_sound_alone_is_no_film(tmp_path: Path) -> None:
    """An MP4 with nothing to see."""
    with pytest.raises(BrokenFilm, match="no pictures"):
        probed(film(Recipe(has_pictures=False)), tmp_path)


def test_codecs_that_nobody_sends_are_not_decoded(tmp_path: Path) -> None:
    """FFmpeg knows hundreds, and few eyes have seen their code."""
    with pytest.raises(BrokenFilm, match="coded in a way"):
        probed(film(Recipe(container="avi", codec="ffv1")), tmp_path)


def test_no_bytes_are_no_film(tmp_path: Path) -> None:
    """Said as such."""
    with pytest.raises(EmptyFilm):
        probed(b"", tmp_path)


@pytest.mark.parametrize("container", ["mp4", "mov", "webm", "avi"])
@pytest.mark.parametrize("tenth", range(1, 10))
def test_a_film_that_was_cut_off_is_refused(container: str, tenth: int, tmp_path: Path) -> None:
    """At every tenth of its length."""
    codec = "libvpx" if container == "webm" else "mpeg4"
    whole = film(Recipe(container=container, codec=codec, frames=60, width_px=160, height_px=120))
    with pytest.raises(FilmError):
        probed(whole[: len(whole) * tenth // 10], tmp_path)


def test_random_damage_raises_nothing_else(tmp_path: Path) -> None:
    """Two hundred mutations: a film, or words about what is wrong with it."""
    whole, rng = film(Recipe(has_audio=True)), random.Random(5)
    for _ in range(200):
        data = bytearray(whole)
        for _ in range(rng.randint(1, 30)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        with suppress(FilmError):
            assert probed(bytes(data), tmp_path).frame_count <= LIMITS.max_frames
