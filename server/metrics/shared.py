"""The meters of all workers of a machine, at whichever of them somebody asks.

Each keeps what it has counted in a file, before it tells anybody: when it has ended, however, sums
do not fall, which would be taken for a new beginning.
"""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import orjson
import structlog

from server.background import every
from server.instances.neighbours import InstanceGone, InstanceSilent, Neighbours
from server.metrics.merged import Family, cumulative, merged, read, summed
from server.metrics.meters import Meters
from server.supervisor.place import WorkerPlace

METERS: Final = "/-/meters"
ANSWER_S: Final = 1.0
"""A worker that takes longer is told of by its file."""
NOTE_S: Final = 5.0
"""What a worker that is killed has counted since is not known."""
OK: Final = 200

log = structlog.get_logger(__name__)


class SharedMeters:
    """One worker's meters, and the way to the others'."""

    def __init__(self, meters: Meters, place: WorkerPlace, addresses: list[str],
                 neighbours: Neighbours) -> None:  # fmt: skip
        self._meters = meters
        self._place = place
        self._addresses = addresses
        self._neighbours = neighbours
        self._noting = asyncio.Lock()
        self._before = cumulative(_kept(self._file(place.slot)))

    async def run(self) -> None:
        """Note what was counted again and again, until cancelled."""
        await every(NOTE_S, self._note, "meters not noted")

    async def own(self) -> bytes:
        """This worker's, and what was counted in its place before it; noted by then, unless the
        disk is full: just then they are looked at."""
        async with self._noting:
            now = read(self._meters.registry.collect())
            data = _written(_going_on(self._before, now))
            try:
                await asyncio.to_thread(_replace, self._file(self._place.slot), data)
            except OSError as error:
                log.warning("meters not noted", reason=error.strerror)
        return data

    async def all(self) -> list[Family]:
        """Everybody's."""
        slots = range(self._place.count)
        told = await asyncio.gather(*map(self._of, slots))
        return merged(dict(zip(slots, told, strict=True)), self._place.slot)

    async def _note(self) -> None:
        await self.own()

    async def _of(self, slot: int) -> list[Family]:
        if slot == self._place.slot:
            return _read(await self.own())
        try:
            status, data = await self._neighbours.ask(
                self._addresses[slot], "GET", METERS, ANSWER_S
            )
            if status == OK:
                return _read(data)
        except (InstanceGone, InstanceSilent):
            log.debug("meters of a worker that does not answer", slot=slot)
        return cumulative(await asyncio.to_thread(_kept, self._file(slot)))

    def _file(self, slot: int) -> Path:
        return Path(self._place.folder) / f"{slot}.meters"


def _going_on(before: Iterable[Family], now: list[Family]) -> list[Family]:
    return summed([now, list(before)])


def _kept(file: Path) -> list[Family]:
    """What a worker has noted; nothing if none has been there."""
    try:
        return _read(file.read_bytes())
    except FileNotFoundError:
        return []


def _replace(file: Path, data: bytes) -> None:
    """At once, so that nobody reads half of it."""
    new = file.with_suffix(".new")
    new.write_bytes(data)
    new.replace(file)


def _written(families: Iterable[Family]) -> bytes:
    return orjson.dumps(
        [
            (one.name, one.kind, one.text, [(*key, value) for key, value in one.values.items()])
            for one in families
        ]
    )


def _read(data: bytes) -> list[Family]:
    told: list[Any] = orjson.loads(data)
    return [
        Family(name, kind, text, {(key, _labels(labels)): value for key, labels, value in values})
        for name, kind, text, values in told
    ]


def _labels(told: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in told)
