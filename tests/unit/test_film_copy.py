"""A film read and written again: the same moments, the same sound, the same colours, upright."""

from collections.abc import Callable
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av import VideoFrame

from media.film.colours import ColourReader, Colours
from media.film.probe import FilmLimits, probe
from media.film.reader import FilmFrame, FilmReader
from media.film.writer import FilmNotWritten, FilmWriter
from media.frame import Picture
from tests import pictures
from tests.films import Recipe, film

LIMITS = FilmLimits(60, 10_000, 10_000_000)
KINDS = [
    Recipe(has_audio=True, frames=24),
    Recipe(container="mov", has_audio=True, frames=24),
    Recipe(container="webm", codec="libvpx", has_audio=True, frames=24),
    Recipe(container="avi", codec="mpeg4", frames=24),
    # Of this size MPEG-4's decoder asks for room that a tight bound once refused.
    Recipe(container="avi", codec="mpeg4", frames=24, width_px=160, height_px=120),
]


def copied(data: bytes, folder: Path, change: Callable[[Picture], Picture] = np.copy) -> Path:
    """A film with every picture changed; returns where it is."""
    source, target = folder / "source", folder / "target.mp4"
    source.write_bytes(data)
    with (
        FilmReader.open(source, probe(source, LIMITS)) as reader,
        FilmWriter.open(target, reader) as writer,
    ):
        for item in reader.read():
            if isinstance(item, FilmFrame):
                writer.write(FilmFrame(item.pts, change(item.picture)))
            else:
                writer.copy(item)
    return target


def frames_of(film: Path | bytes) -> list[VideoFrame]:
    """All frames, decoded."""
    with av.open(BytesIO(film) if isinstance(film, bytes) else str(film), "r") as container:
        return list(container.decode(video=0))


def sound_of(film: Path | bytes) -> list[bytes]:
    """The coded sound, packet by packet."""
    with av.open(BytesIO(film) if isinstance(film, bytes) else str(film), "r") as container:
        return [bytes(packet) for packet in container.demux(audio=0) if packet.size]


@pytest.mark.parametrize("recipe", KINDS, ids=lambda recipe: recipe.container)
def test_moments_and_sound_stay(recipe: Recipe, tmp_path: Path) -> None:
    """As many frames at the same times, as long within a frame, and the sound bit for bit."""
    data = film(recipe)
    target = copied(data, tmp_path)
    before, after = probe(tmp_path / "source", LIMITS), probe(target, LIMITS)
    assert (after.kind, after.codec) == ("mp4", "h264")
    assert after.frame_count == before.frame_count == 24
    assert after.duration_s == pytest.approx(before.duration_s, abs=1 / recipe.rate_fps)
    times = [[frame.time for frame in frames_of(one)] for one in (data, target)]
    assert times[1] == pytest.approx(times[0], abs=0.002)
    if recipe.has_audio:
        assert sound_of(target) == sound_of(data)


def test_a_browser_can_start_at_once(tmp_path: Path) -> None:
    """The index stands before the data."""
    data = copied(film(), tmp_path).read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_frames_stored_out_of_order_are_all_shown(tmp_path: Path) -> None:
    """An AVI does not tell when a frame is shown: none may get lost over that."""
    data = film(Recipe(container="avi", codec="libx264", frames=24))
    found = frames_of(copied(data, tmp_path))
    assert len(found) == 24
    times = [frame.time for frame in found]
    assert np.diff(times) == pytest.approx(1 / 12, abs=0.002)
    reds = [frame.to_ndarray(format="bgr24")[:, :, 2].mean() for frame in found]
    assert reds == sorted(reds)


def test_sound_that_cannot_be_copied_is_left_out(tmp_path: Path) -> None:
    """The film comes out all the same, and says so."""
    data = _film_of(lambda number: number, 3, "avi", sound="pcm_s16le")
    source = tmp_path / "source"
    source.write_bytes(data)
    with (
        FilmReader.open(source, probe(source, LIMITS)) as reader,
        FilmWriter.open(tmp_path / "target.mp4", reader) as writer,
    ):
        for item in reader.read():
            writer.write(item) if isinstance(item, FilmFrame) else writer.copy(item)
        assert not writer.keeps_sound
    assert len(frames_of(tmp_path / "target.mp4")) == 3


def test_a_film_that_cannot_be_written_is_not_its_users_fault(tmp_path: Path) -> None:
    """A folder that is not there, a full disk: not a broken film, and no path in the text."""
    source = tmp_path / "source"
    source.write_bytes(film())
    target = tmp_path / "nowhere" / "target.mp4"

    def write() -> None:
        with (
            FilmReader.open(source, probe(source, LIMITS)) as reader,
            FilmWriter.open(target, reader) as writer,
        ):
            for item in reader.read():
                assert isinstance(item, FilmFrame)
                writer.write(item)

    with pytest.raises(FilmNotWritten) as caught:
        write()
    assert str(tmp_path) not in str(caught.value)


def test_frames_that_come_unevenly_stay_so(tmp_path: Path) -> None:
    """Phones drop frames when it is dark: what stands still stands still as long as before."""
    moments = [0, 1, 2, 9, 10, 30, 31, 45]
    target = copied(_film_of(lambda number: moments[number], len(moments)), tmp_path)
    found = [frame.time for frame in frames_of(target)]
    assert found == pytest.approx([moment / 30 for moment in moments], abs=0.002)


def test_a_film_that_starts_late_starts_late(tmp_path: Path) -> None:
    """Its pictures begin half a second in; the sound would be off otherwise."""
    target = copied(_film_of(lambda number: 15 + number, 12, "matroska"), tmp_path)
    with av.open(str(target)) as container:
        first = next(container.decode(video=0))
        assert first.time == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("rotation_deg", [90, 180, 270])
def test_a_turned_film_is_written_upright(rotation_deg: int, tmp_path: Path) -> None:
    """As a player shows it, without having to be turned again."""
    data = film(Recipe(rotation_deg=rotation_deg, width_px=64, height_px=32, frames=3))
    stored = frames_of(data)[0]
    picture = np.asarray(stored.to_ndarray(format="bgr24"), np.uint8)
    shown = np.rot90(picture, round(stored.rotation) // 90)
    written = frames_of(copied(data, tmp_path))[0]
    assert written.rotation == 0
    assert written.to_ndarray(format="bgr24").shape == shown.shape
    assert _difference(written, shown) < 6


@pytest.mark.parametrize("size", [(63, 47), (64, 47), (63, 48)])
def test_odd_sizes_grow_by_a_pixel(size: tuple[int, int], tmp_path: Path) -> None:
    """4:2:0 has even sizes; the last row or column is there twice, none is lost."""
    width, height = size
    data = film(Recipe(container="avi", codec="mjpeg", pixels="yuvj444p", width_px=width,
                       height_px=height, frames=2))  # fmt: skip
    written = frames_of(copied(data, tmp_path))[0].to_ndarray(format="bgr24")
    assert written.shape == (height + height % 2, width + width % 2, 3)


@pytest.mark.parametrize(
    ("pixels", "codec"),
    [("yuv420p", "libx264"), ("yuv444p", "libx264"), ("yuv420p10le", "libx264"),
     ("yuvj420p", "mjpeg"), ("yuv422p10le", "prores_ks")],
)  # fmt: skip
def test_colours_stay(pixels: str, codec: str, tmp_path: Path) -> None:
    """Whatever the depth, range and resolution of colour: no drift from film to film."""
    container = "mov" if codec == "prores_ks" else "mp4" if codec == "libx264" else "avi"
    data = film(Recipe(container=container, codec=codec, pixels=pixels, width_px=128, height_px=96))
    before, after = frames_of(data)[6], frames_of(copied(data, tmp_path))[6]
    pictures_of = [ColourReader(Colours.of(frame)).picture(frame) for frame in (before, after)]
    assert np.abs(pictures_of[0].astype(int) - pictures_of[1]).mean() < 4
    means = [picture.mean(axis=(0, 1)) for picture in pictures_of]
    assert means[1] == pytest.approx(means[0], abs=2)


def test_the_matrix_is_kept_and_told(tmp_path: Path) -> None:
    """A film of BT.709 comes out as one, so that no player takes it for BT.601."""
    data = _film_of(lambda number: number, 3, declare=_bt709)
    frame = frames_of(copied(data, tmp_path))[0]
    assert (frame.colorspace, frame.color_range) == (1, 1)
    assert frame.color_primaries == frame.color_trc == 1
    luma = frames_of(data)[0].to_ndarray()[:48].astype(int)
    assert abs(luma - frame.to_ndarray()[:48]).mean() < 1


@pytest.mark.parametrize("transfer", [16, 18])
def test_bright_films_are_brought_to_ordinary_screens(transfer: int, tmp_path: Path) -> None:
    """Paper white of a PQ or HLG film becomes light, its brightest spot white, black stays."""
    white = {16: 0.58, 18: 0.75}[transfer]
    codes = np.zeros((48, 64, 3), np.uint16)
    codes[:, 16:32], codes[:, 32:] = round(white * 65535), 65535

    def declare(coder: Any) -> None:
        coder.color_trc, coder.colorspace, coder.color_primaries = transfer, 9, 9

    data = _film_of(lambda number: number, 2, pixels="yuv420p10le", declare=declare,
                    picture=(codes, "rgb48le"))  # fmt: skip
    frame = frames_of(copied(data, tmp_path))[0]
    grey = frame.to_ndarray(format="bgr24")[24].mean(axis=1)
    assert grey[4] < 8
    assert 170 < grey[24] < 215
    assert grey[60] > 240
    assert frame.color_trc == 1


def _bt709(coder: Any) -> None:
    coder.colorspace = coder.color_trc = coder.color_primaries = 1
    coder.color_range = 1


def _film_of(
    moment: Callable[[int], int],
    frames: int,
    container: str = "mp4",
    *,
    pixels: str = "yuv420p",
    declare: Callable[[Any], None] = lambda _: None,
    picture: tuple[np.ndarray, str] | None = None,
    sound: str | None = None,
) -> bytes:
    """A film whose frames are shown at moments of a thirtieth of a second."""
    stream = BytesIO()
    pixels_in, kind = picture or (pictures.gradient(64, 48), "bgr24")
    # As a name for a file this would be WebM's; so it is Matroska with WebM's codec.
    name, codec = ("webm", "libvpx") if container == "matroska" else (container, "libx264")
    with av.open(stream, "w", format=name) as output:
        track: Any = output.add_stream(codec, rate=30)
        track.width, track.height, track.pix_fmt = 64, 48, pixels
        declare(track.codec_context)
        if sound is not None:
            voice: Any = output.add_stream(sound, rate=8000, layout="mono")
            wave = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), "s16", "mono")
            wave.rate, wave.pts = 8000, 0
            output.mux(voice.encode(wave))
        for number in range(frames):
            frame = VideoFrame.from_ndarray(pixels_in, format=kind)
            frame.pts, frame.time_base = moment(number), Fraction(1, 30)
            output.mux(track.encode(frame.reformat(format=pixels, dst_colorspace=1)))
        output.mux(track.encode())
    return stream.getvalue()


def _difference(frame: VideoFrame, picture: Picture) -> float:
    return float(np.abs(frame.to_ndarray(format="bgr24").astype(int) - picture).mean())
