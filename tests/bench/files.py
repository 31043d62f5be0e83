"""Sealed files beside plain ones: read in the process, and sent by HTTP."""

import asyncio
import os
import random
import resource
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from typing import Final

import uvloop
from obstore.store import LocalStore

from storage.files import CHUNKS_AT_ONCE, Files
from storage.sealing import CHUNK_BYTES
from tests.bench.child import serving
from tests.bench.files_host import PLAIN, SEALED
from tests.bench.host import HOST
from tests.bench.scenarios import Options
from tests.bench.table import megabytes, table, verdict

NAME: Final = "a.mp4"
SIZE_BYTES: Final = 200 * 1024**2
LEAST_SHARE: Final = 0.6
"""Of the speed of plain reading."""
PIECES: Final = "plain, the same pieces"
WHOLE: Final = "plain, as a whole"
PARTS: Final = 1000
ROUNDS: Final = 3
"""More of them than elsewhere: they are short, and other work on the machine shows."""
MOST_BYTES: Final = 48 * 1024**2
PIECE_BYTES: Final = CHUNKS_AT_ONCE * CHUNK_BYTES


def files(options: Options) -> str:
    """A file of 200 MB, sealed and plain, in pieces of a megabyte: written durably, read through
    obstore, and sent by HTTP to a client on the same machine."""
    rounds = ROUNDS * options.rounds
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "source"
        with source.open("wb") as file:
            for _ in range(SIZE_BYTES // 1024**2):
                file.write(os.urandom(1024**2))
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            inside = runner.run(_inside(Path(folder), source, rounds))
        with serving("tests.bench.files_host", str(source)) as server:
            outside = _outside(server.port, source, rounds)
    return f"{inside}\n\n{outside}"


async def _inside(folder: Path, source: Path, rounds: int) -> str:
    kept = await Files.connect(folder)
    plain = LocalStore(folder)
    before = _peak_bytes()
    began_s = time.monotonic()
    await kept.put(NAME, source)
    put_s = time.monotonic() - began_s
    await _sealed(kept)
    more = _peak_bytes() - before
    speeds = await _speeds(
        {"sealed": lambda: _sealed(kept), PIECES: lambda: _ranges(plain)}, rounds
    )
    # Not in turns with those: after a file as a whole, plain pieces are slower for a while.
    speeds |= await _speeds(
        {WHOLE: lambda: _whole(plain), "plain, obstore's stream": lambda: _stream(plain)}, rounds
    )
    whole, pieces = (median(speeds["sealed"]) / median(speeds[name]) for name in (WHOLE, PIECES))
    rows = [[name, f"{median(each):.2f}"] for name, each in speeds.items()]
    rows.append(["sealed, written durably", f"{SIZE_BYTES / put_s / 1e9:.2f}"])
    lines = [
        verdict(pieces >= LEAST_SHARE, f"sealed at {pieces:.0%} of plain pieces of the same size, "
                f"{LEAST_SHARE:.0%} wanted"),
        f"        and at {whole:.0%} of a plain file that obstore reads as a whole",
        verdict(more < MOST_BYTES, f"{megabytes(more)} MB of memory for both at most, "
                f"{megabytes(MOST_BYTES)} allowed"),
    ]  # fmt: skip
    return "\n".join([table(["read in the process", "GB/s"], rows), "", *lines])


async def _speeds(
    ways: Mapping[str, Callable[[], Awaitable[int]]], rounds: int
) -> dict[str, list[float]]:
    """Gigabytes a second of each, taken in turns."""
    speeds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            began_s = time.monotonic()
            assert await way() == SIZE_BYTES
            speeds[name].append(SIZE_BYTES / (time.monotonic() - began_s) / 1e9)
    return speeds


async def _sealed(kept: Files) -> int:
    file = await kept.open(NAME)
    async with aclosing(file.read()) as pieces:
        return sum([len(piece) async for piece in pieces])


async def _ranges(plain: LocalStore) -> int:
    size_bytes = 0
    for at in range(0, SIZE_BYTES, PIECE_BYTES):
        end = min(SIZE_BYTES, at + PIECE_BYTES)
        size_bytes += len(await plain.get_range_async("source", start=at, end=end))
    return size_bytes


async def _stream(plain: LocalStore) -> int:
    found = await plain.get_async("source")
    return sum([len(piece) async for piece in found.stream(min_chunk_size=PIECE_BYTES)])


async def _whole(plain: LocalStore) -> int:
    return len(await (await plain.get_async("source")).bytes_async())


def _outside(port: int, source: Path, rounds: int) -> str:
    speeds: dict[str, list[float]] = {SEALED: [], PLAIN: []}
    for _ in range(rounds):
        for address, each in speeds.items():
            each.append(_sent(port, address))
    share = median(speeds[SEALED]) / median(speeds[PLAIN])
    rows = [
        ["sealed", f"{median(speeds[SEALED]):.2f}"],
        ["aiohttp's FileResponse", f"{median(speeds[PLAIN]):.2f}"],
    ]
    right, median_ms = _parts(port, source.read_bytes())
    lines = [
        f"        sealed at {share:.0%} of FileResponse, which the kernel sends by itself",
        verdict(right == PARTS, f"{right} of {PARTS} random parts are right, {median_ms:.1f} ms"),
    ]
    return "\n".join([table(["sent by HTTP", "GB/s"], rows), "", *lines])


def _sent(port: int, address: str) -> float:
    """Gigabytes a second."""
    connection, room = HTTPConnection(HOST, port), bytearray(1024**2)
    try:
        began_s, size_bytes = time.monotonic(), 0
        connection.request("GET", address)
        answer = connection.getresponse()
        while got := answer.readinto(room):
            size_bytes += got
        assert size_bytes == SIZE_BYTES
        return SIZE_BYTES / (time.monotonic() - began_s) / 1e9
    finally:
        connection.close()


def _parts(port: int, data: bytes) -> tuple[int, float]:
    """How many of many random parts are right, and how long one takes."""
    connection, rng = HTTPConnection(HOST, port), random.Random(1)
    right, times_s = 0, []
    for _ in range(PARTS):
        start = rng.randrange(SIZE_BYTES)
        stop = min(SIZE_BYTES, start + rng.choice([1, 1000, CHUNK_BYTES, 5 * CHUNK_BYTES]))
        began_s = time.monotonic()
        connection.request("GET", SEALED, headers={"Range": f"bytes={start}-{stop - 1}"})
        answer = connection.getresponse()
        right += (answer.status, answer.read()) == (206, data[start:stop])
        times_s.append(time.monotonic() - began_s)
    connection.close()
    return right, median(times_s) * 1000


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
