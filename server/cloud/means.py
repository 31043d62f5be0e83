"""What hair is cut with, in a server and in a worker."""

from dataclasses import dataclass
from typing import Protocol

from media.clock import Clock
from processing.engine import Engines
from processing.pool import WorkerPool
from server.metrics.meters import Meters
from server.settings import Settings
from server.tariff import Tariff
from storage.cache import Cache
from storage.database import Database


class SalonMeans(Protocol):
    """See Services and WorkerMeans."""

    @property
    def settings(self) -> Settings: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def engines(self) -> Engines: ...
    @property
    def pool(self) -> WorkerPool: ...
    @property
    def database(self) -> Database: ...
    @property
    def cache(self) -> Cache: ...
    @property
    def tariff(self) -> Tariff: ...
    @property
    def meters(self) -> Meters: ...


@dataclass(frozen=True, slots=True)
class WorkerMeans:
    """Those of a process that has no services. See SalonMeans."""

    settings: Settings
    clock: Clock
    engines: Engines
    pool: WorkerPool
    database: Database
    cache: Cache
    tariff: Tariff
    meters: Meters
