"""What the handlers share, as one immutable bundle that the wiring fills."""

from dataclasses import dataclass

from media.clock import Clock
from processing.engine import Engines
from processing.pool import WorkerPool
from server.agreement import Agreement
from server.journal import SessionJournal
from server.metrics.meters import Meters
from server.settings import Settings
from server.signed import Signer
from server.tariff import Tariff
from server.traces.traces import Traces
from storage.cache import Cache
from storage.database import Database
from storage.files import Files
from storage.keeper import Keeper
from storage.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a session or a handler may need."""

    settings: Settings
    clock: Clock
    engines: Engines
    pool: WorkerPool
    database: Database
    cache: Cache
    files: Files
    workspace: Workspace
    keeper: Keeper
    signer: Signer
    journal: SessionJournal
    agreement: Agreement
    tariff: Tariff
    meters: Meters
    traces: Traces
    started_s: float
