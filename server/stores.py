"""The stores that the settings name: where records and files outlive the process."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass

from pydantic import SecretStr

from media.clock import Clock
from server.settings import Settings, SettingsInvalid, place_of
from storage.aliases import Aliases
from storage.cache import Cache
from storage.database import Database
from storage.errors import StorageError
from storage.files import Files
from storage.keeper import Keeper
from storage.layout import DATABASE_FILE
from storage.memory_cache import MemoryCache
from storage.mongo.database import MongoDatabase
from storage.redis_cache import RedisCache
from storage.redis_link import RedisLink
from storage.redis_windows import PATIENCE_S, RedisWindows
from storage.retention import Horizon
from storage.sqlite.database import SqliteDatabase
from storage.windows import OwnWindows, Windows
from storage.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Stores:
    """Where everything is kept. ``keeper`` removes files and records together. ``windows`` are
    those of all servers that share a Redis, or this server's own."""

    database: Database
    files: Files
    workspace: Workspace
    cache: Cache
    windows: Windows
    keeper: Keeper


@asynccontextmanager
async def opened_stores(settings: Settings, clock: Clock) -> AsyncIterator[Stores]:
    """Open in order, close in the opposite order. Raises SettingsInvalid if one cannot be had."""

    def pseudonyms(user_id: str) -> Sequence[str]:
        """Nobody asks for them before the keys are there, too."""
        return files.keyring.pseudonyms(user_id)

    async with AsyncExitStack() as stack:
        with usable(settings, "mongodb_uri" if settings.shares_database else "data_dir"):
            aliases = Aliases(pseudonyms, clock.utc_now)
            database = await _database(settings, clock, aliases)
        stack.push_async_callback(database.close)
        keys = settings.file_keys.get_secret_value()
        with usable(settings, "files_url" if settings.files_url else "data_dir"):
            files = await Files.connect(settings.data_dir, settings.files_url, keys)
        stack.push_async_callback(files.close)
        with usable(settings, "work_dir" if settings.work_dir else "data_dir"):
            workspace = await Workspace.open(settings.work_folder)
        with usable(settings, "redis_url"):
            cache = _cache(settings, clock)
            stack.push_async_callback(cache.close)
            windows = _windows(settings, clock, stack)
        with suppress(StorageError):
            await cache.ping()  # so that the log says at once if it is away
        keeper = Keeper(database, files, clock.utc_now)
        yield Stores(database, files, workspace, cache, windows, keeper)


@contextmanager
def usable(settings: Settings, name: str) -> Iterator[None]:
    """A store that cannot be had is told by the setting that names it: raises SettingsInvalid."""
    try:
        yield
    except (StorageError, OSError) as error:
        detail = getattr(error, "strerror", None) or str(error)
        value = getattr(settings, name)
        # The address of a database may hold its password.
        shown = "" if isinstance(value, SecretStr) else f"{value}: "
        raise SettingsInvalid(f"wrong setting: {place_of(name)}: {shown}{detail}") from None


def _cache(settings: Settings, clock: Clock) -> Cache:
    """A Redis that is away now may come. Raises StorageUnsuitable if its address is none."""
    if redis_url := settings.redis_url.get_secret_value():
        return RedisCache(RedisLink(redis_url))
    return MemoryCache(settings.photo_cache_bytes, clock.monotonic)


def _windows(settings: Settings, clock: Clock, stack: AsyncExitStack) -> Windows:
    if redis_url := settings.redis_url.get_secret_value():
        link = RedisLink(redis_url, call_s=PATIENCE_S, use="limits")
        stack.push_async_callback(link.close)
        return RedisWindows(link)
    return OwnWindows(clock.monotonic)


async def _database(settings: Settings, clock: Clock, aliases: Aliases) -> Database:
    retention = settings.retention

    def horizon() -> Horizon:
        return retention.horizon(clock.utc_now())

    if uri := settings.mongodb_uri.get_secret_value():
        return await MongoDatabase.open(uri, horizon, aliases)
    return await SqliteDatabase.open(settings.data_dir / DATABASE_FILE, horizon, aliases)
