"""Whole films: how long they take beside a plain transcode, and how much memory."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
import numpy as np

from media.film.probe import FilmLimits, probe
from media.film.writer import CODEC, OPTIONS
from media.frame import Picture
from processing.film.calm import shake
from processing.film.camera import CameraMotion
from processing.film.task import ANSWER, Done, FilmTask
from processing.look import LookValues
from tests.bench.scenarios import Options
from tests.bench.table import megabytes, table, verdict
from tests.pictures import gradient

ROOT: Final = Path(__file__).parents[2]
PERSON: Final = ROOT.parent / "shared" / "media" / "talking-short-hair-glasses.mp4"
FPS: Final = 30
SMALL, LARGE = (640, 480), (1920, 1080)
MOST_TIMES, REPORT_S = 3.0, 15.0
MEMORY_BYTES: Final = 60 * 1024**2
LIMITS: Final = FilmLimits(60.0, 60 * FPS * 8, LARGE[0] * LARGE[1])
CALM_RATIO: Final = 3.0
_CHILD: Final = "import processing.film.child as c; print('ready', flush=True); c.main()"


@dataclass(frozen=True, slots=True)
class Clip:
    """A film to be changed."""

    path: Path
    size: tuple[int, int]
    seconds: int

    @property
    def name(self) -> str:
        """As the table has it."""
        return f"{self.size[0]}x{self.size[1]}, {self.seconds} s"


@dataclass(frozen=True, slots=True)
class Run:
    """One change: how long it took, in a process that waited for it, how long such a one takes to
    start, and its memory at most."""

    seconds: float
    start_s: float
    peak_bytes: int
    done: Done


def film(options: Options) -> str:
    """A film of 10 s beside a plain PyAV transcode of the same (codec, preset, quality, threads);
    the memory of a long one; how much of a hand's shaking remains."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        lines = [f"source: {PERSON.name if PERSON.exists() else 'a drawn picture (no person)'}"]
        lines += [_paces(home, options.rounds), _memory(home), _calm(home)]
    return "\n\n".join(lines)


def _paces(home: Path, rounds: int) -> str:
    rows, said = [], []
    for size in (SMALL, LARGE):
        clip = _clip(home, size, 10)
        for rate in (0.5, 1.0):
            plain_s, runs = list[float](), list[Run]()
            for _ in range(rounds):
                plain_s.append(_transcode_s(clip, home / "plain.mp4"))
                runs.append(_change(clip, home, rate))
            pairs = zip(runs, plain_s, strict=True)
            times = statistics.median(run.seconds / plain for run, plain in pairs)
            own = statistics.median(run.seconds for run in runs)
            start = statistics.median(run.start_s for run in runs)
            figures = (statistics.median(plain_s), own, times, start)
            rows.append([clip.name, f"{rate:g}", *(f"{figure:.2f}" for figure in figures)])
            if size == SMALL and rate == 0.5:
                said.append(verdict(times <= MOST_TIMES, f"{clip.name}: {times:.2f} times a plain "
                                    f"transcode, at most {MOST_TIMES:g}"))  # fmt: skip
                said.append(verdict(own < REPORT_S, f"{own:.1f} s, the report's 15 to 20 s"))
    heads = ["clip", "sampled", "transcode s", "changed s", "times", "start s"]
    return table(heads, rows) + "\n\n" + "\n".join(said)


def _memory(home: Path) -> str:
    short, long = (
        _change(_clip(home, LARGE, seconds), home, 0.5).peak_bytes for seconds in (5, 30)
    )
    text = (f"1920x1080: {megabytes(short)} MB for 5 s, {megabytes(long)} MB for 30 s, "
            f"{megabytes(MEMORY_BYTES)} more at most")  # fmt: skip
    return verdict(long - short <= MEMORY_BYTES, text)


def _calm(home: Path) -> str:
    clip = _shaken(home)
    _change(clip, home, 0.5, stabilize=True)
    before, after = (shake(_motion(path), FPS) for path in (clip.path, home / "changed.mp4"))
    text = f"shaking {before:.1f} px, made calm {after:.1f} px: {before / after:.1f} times less"
    return verdict(before / after >= CALM_RATIO, text)


def _change(clip: Clip, home: Path, rate: float, *, stabilize: bool = False) -> Run:
    """As a job does it: by a process of its own."""
    task = FilmTask(
        source=str(clip.path),
        target=str(home / "changed.mp4"),
        thumbnail=str(home / "changed.jpg"),
        look=LookValues(color="copper"),
        rate=rate,
        stabilize=stabilize,
        networks="all",
        limits=LIMITS,
    )
    began_s = time.monotonic()
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdout.readline()
    started_s = time.monotonic()
    child.stdin.write(task.model_dump_json().encode())
    child.stdin.close()
    done = ANSWER.validate_json(child.stdout.read().splitlines()[-1])
    _, _, used = os.wait4(child.pid, 0)
    child.stdout.close()
    child.returncode = 0
    assert isinstance(done, Done), done
    ended_s = time.monotonic()
    return Run(ended_s - started_s, started_s - began_s, used.ru_maxrss * 1024, done)


def _transcode_s(clip: Clip, target: Path) -> float:
    """Decoded and encoded again, and nothing else."""
    began_s = time.monotonic()
    with av.open(str(clip.path)) as source, av.open(str(target), "w") as output:
        reading: Any = source.streams.video[0]
        reading.thread_type = "AUTO"
        writing: Any = output.add_stream(CODEC, rate=FPS, options=OPTIONS)
        writing.width, writing.height, writing.pix_fmt = *clip.size, "yuv420p"
        for frame in source.decode(reading):
            frame.pict_type = 0
            output.mux(writing.encode(frame))
        output.mux(writing.encode())
    return time.monotonic() - began_s


def _clip(home: Path, size: tuple[int, int], seconds: int) -> Clip:
    """The person's film, scaled and repeated; made once."""
    path = home / f"{size[0]}x{size[1]}-{seconds}.mp4"
    if not path.exists():
        _write(path, size, (_scaled(one, size) for one in _repeated(seconds * FPS)))
    probe(path, LIMITS)
    return Clip(path, size, seconds)


def _shaken(home: Path) -> Clip:
    """The same, filmed by a hand that trembles: noise of two to eight hertz, a hundredth of the
    width."""
    rng, frames, (width, height) = np.random.default_rng(1), 8 * FPS, SMALL
    kernel = np.hanning(9)
    shifts = np.stack([np.convolve(rng.normal(0, 1, frames), kernel, "same") for _ in range(2)], 1)
    shifts *= 0.01 * width / shifts.std()
    edge = 40
    pictures = []
    for one, (x, y) in zip(_repeated(frames), np.clip(shifts.round(), -edge, edge), strict=True):
        large = _scaled(one, (width + 2 * edge, height + 2 * edge))
        top, left = edge + int(y), edge + int(x)
        pictures.append(np.ascontiguousarray(large[top : top + height, left : left + width]))
    path = home / "shaken.mp4"
    _write(path, SMALL, pictures)
    return Clip(path, SMALL, frames // FPS)


def _scaled(frame: av.VideoFrame, size: tuple[int, int]) -> Picture:
    scaled = frame.reformat(width=size[0], height=size[1], format="bgr24")
    return np.asarray(scaled.to_ndarray(), np.uint8)


def _repeated(frames: int) -> Any:
    """So many frames, there and there again."""
    if not PERSON.exists():
        for number in range(frames):
            picture = np.roll(gradient(640, 480), number, axis=1)
            yield av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="bgr24")
        return
    made = 0
    while made < frames:
        with av.open(str(PERSON)) as source:
            for frame in source.decode(video=0):
                if made == frames:
                    return
                made += 1
                yield frame


def _write(path: Path, size: tuple[int, int], pictures: Any) -> None:
    with av.open(str(path), "w") as output:
        stream: Any = output.add_stream(CODEC, rate=FPS, options=OPTIONS)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            output.mux(stream.encode(frame))
        output.mux(stream.encode())


def _motion(path: Path) -> CameraMotion:
    with av.open(str(path)) as source:
        return CameraMotion.of(
            np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
            for frame in source.decode(video=0)
        )
