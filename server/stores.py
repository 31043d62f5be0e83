"""The stores that the settings name: where records and files outlive the process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from server.settings import Settings
from storage.database import Database
from storage.files import LocalFiles
from storage.sqlite import SqliteDatabase

DATABASE_FILE: Final = "hair-tryon.sqlite3"
FILES_FOLDER: Final = "files"


@asynccontextmanager
async def stores(settings: Settings) -> AsyncIterator[tuple[Database, LocalFiles]]:
    """The database and the files. Raises StorageError or OSError if they cannot be had."""
    database = await SqliteDatabase.open(settings.data_dir / DATABASE_FILE)
    try:
        yield database, await LocalFiles.open(settings.data_dir / FILES_FOLDER)
    finally:
        await database.close()
