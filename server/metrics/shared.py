"""The meters of all workers of a machine, at whichever of them somebody asks.

Each keeps what it has counted in a file, before it tells anybody: when it has ended, however, sums
do not fall, which would be taken for a new beginning.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import orjson
import structlog
from prometheus_client import Metric

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
        _, data = await self._noted()
        return data

    async def all(self) -> list[Metric]:
        """Everybody's."""
        others = [slot for slot in range(self._place.count) if slot != self._place.slot]
        asked = asyncio.gather(*map(self._asked, others))
        (own, _), told = await asyncio.gather(self._noted(), asked)
        return await asyncio.to_thread(self._merged, own, dict(zip(others, told, strict=True)))

    async def _note(self) -> None:
        await self._noted()

    async def _noted(self) -> tuple[list[Family], bytes]:
        async with self._noting:
            # Read between two events, so that they agree with each other.
            now = list(self._meters.registry.collect())
            writing = asyncio.create_task(asyncio.to_thread(self._written, now))
            try:
                return await asyncio.shield(writing)
            finally:
                # A thread writes on when who asked has left: the next one waits for it.
                await asyncio.wait([writing])

    async def _asked(self, slot: int) -> bytes | None:
        """What a worker tells; None if it does not."""
        try:
            status, data = await self._neighbours.ask(
                self._addresses[slot], "GET", METERS, ANSWER_S
            )
        except (InstanceGone, InstanceSilent):
            log.debug("meters of a worker that does not answer", slot=slot)
            return None
        return data if status == OK else None

    # What follows is done by threads: with thousands of lines it would keep frames waiting.

    def _written(self, now: Iterable[Metric]) -> tuple[list[Family], bytes]:
        families = summed([read(now), self._before])
        data = _text(families)
        try:
            _replace(self._file(self._place.slot), data)
        except OSError as error:
            log.warning("meters not noted", reason=error.strerror)
        return families, data

    def _merged(self, own: Sequence[Family], told: Mapping[int, bytes | None]) -> list[Metric]:
        slot = self._place.slot
        of_others = {other: self._of(other, data) for other, data in told.items()}
        in_order = dict(sorted({slot: own, **of_others}.items()))
        return [family.metric() for family in merged(in_order, slot)]

    def _of(self, slot: int, data: bytes | None) -> list[Family]:
        return cumulative(_kept(self._file(slot))) if data is None else _read(data)

    def _file(self, slot: int) -> Path:
        return Path(self._place.folder) / f"{slot}.meters"


def _kept(file: Path) -> list[Family]:
    """What a worker has noted; nothing if none has been there, or it cannot be read: nobody would
    begin in that place, or be told the others' meters, until the file is put right."""
    try:
        return _read(file.read_bytes())
    except FileNotFoundError:
        return []
    except ValueError:
        log.warning("meters of a worker cannot be read", file=file.name)
        return []


def _replace(file: Path, data: bytes) -> None:
    """At once, so that nobody reads half of it."""
    new = file.with_suffix(".new")
    new.write_bytes(data)
    new.replace(file)


def _text(families: Iterable[Family]) -> bytes:
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
