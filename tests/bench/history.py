"""What a history's first page costs with few and with many results, on both databases."""

import asyncio
import os
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median, quantiles

from storage.database import Database
from storage.mongo.database import MongoDatabase
from storage.mongo.queue import DOCUMENTS
from storage.results import QueueBounds, ResultRecord, ResultStatus
from storage.retention import Horizon, Retention
from storage.sqlite.database import SqliteDatabase
from storage.sqlite.queue import TABLE
from storage.sqlite.rows import transaction
from tests.bench.scenarios import Options
from tests.bench.table import table, verdict
from tests.integration.mongod import Mongod
from tests.integration.records import RESULT, UPLOAD, add_result, add_upload

FEW, MANY, MANY_QUICKLY = 100, 100_000, 5_000
ASKED, ROUNDS = 300, 7
STEP = 2000
PAGE = 10
MOST_TIMES = 1.5
ROOMY = QueueBounds(10**9, 10**9)
NOW = datetime(2026, 3, 4, tzinfo=UTC)


def history(options: Options) -> str:
    """The first page of a history: one user with few results, one with as many as there are, and
    one with few among them; p95 in milliseconds, median of interleaved rounds."""
    return asyncio.run(_all(MANY if options.rounds > 1 else MANY_QUICKLY))


async def _all(many: int) -> str:
    rows, verdicts = [], []
    with tempfile.TemporaryDirectory() as folder:
        for name, opened in (("SQLite", _sqlite), ("MongoDB", _mongodb)):
            async with opened(Path(folder)) as (empty, full):
                await _fill(empty, "few", FEW)
                await _fill(full, "many", many)
                await _fill(full, "few", FEW)
                base, *others = await _compare(empty.database, full.database)
            ratios = [p95_ms / base for p95_ms in others]
            rows += [(name, *(f"{p95_ms:.2f}" for p95_ms in (base, *others)),
                      " / ".join(f"{ratio:.2f}" for ratio in ratios))]  # fmt: skip
            claim = f"{name}: at most {max(ratios):.2f} times as long, {MOST_TIMES} allowed"
            verdicts += [verdict(max(ratios) <= MOST_TIMES, claim)]
    heads = ("", f"{FEW} alone", f"{FEW} of {many:,}", f"{many:,} of one", "ratios")
    return "\n".join([table(heads, rows), *verdicts])


async def _compare(empty: Database, full: Database) -> list[float]:
    """The p95 in milliseconds of the few alone, of the few among many, and of the many."""
    cases = ((empty, "few"), (full, "few"), (full, "many"))
    p95s_ms: list[list[float]] = [[], [], []]
    for _ in range(ROUNDS):
        for which, (database, user_id) in enumerate(cases):
            p95s_ms[which].append(await _p95_ms(database, user_id))
    return [median(some) for some in p95s_ms]


async def _p95_ms(database: Database, user_id: str) -> float:
    times_ms = []
    for _ in range(ASKED):
        began_s = time.perf_counter()
        page, total = await database.results.history(user_id, PAGE)
        times_ms.append((time.perf_counter() - began_s) * 1000)
        assert len(page) == PAGE <= total
    return quantiles(times_ms, n=20)[-1]


async def _fill(store: "_Store", user_id: str, count: int) -> None:
    """One as the service adds them, the others at once: a hundred thousand would take an hour."""
    upload_id = f"of-{user_id}"
    path = f"/uploads/{user_id}.mp4"
    await add_upload(
        store.database,
        replace(UPLOAD, upload_id=upload_id, user_id=user_id, file_path=path, created_at=NOW),
    )
    await add_result(store.database, _result(user_id, upload_id, 0), ROOMY)
    for start in range(1, count, STEP):
        numbers = range(start, min(count, start + STEP))
        await store.insert([_result(user_id, upload_id, number) for number in numbers])


def _result(user_id: str, upload_id: str, number: int) -> ResultRecord:
    result_id = f"{user_id}-{number}"
    return replace(
        RESULT,
        result_id=result_id,
        user_id=user_id,
        upload_id=upload_id,
        status=ResultStatus.COMPLETED,
        result_video_path=f"/uploads/result_{result_id}.mp4",
        thumbnail_path=f"/uploads/thumb_{result_id}.jpg",
        style_image_path=None,
        created_at=NOW - timedelta(seconds=number * 25),
    )


def _horizon() -> Horizon:
    return Retention(3e6, 3e6, 3e6, 3e6).horizon(NOW)


@dataclass(frozen=True, slots=True)
class _Store:
    database: Database
    insert: Callable[[list[ResultRecord]], Awaitable[None]]


@asynccontextmanager
async def _sqlite(folder: Path) -> AsyncIterator[list[_Store]]:
    databases = [await SqliteDatabase.open(folder / name, _horizon) for name in ("few", "many")]
    yield [_Store(one, partial(_insert_rows, one)) for one in databases]
    for one in databases:
        await one.close()


async def _insert_rows(database: SqliteDatabase, records: list[ResultRecord]) -> None:
    rows = [TABLE.row(record) for record in records]

    def insert(connection: sqlite3.Connection) -> None:
        with transaction(connection):
            connection.executemany(TABLE.insertion, rows)

    await database._run(insert)


@asynccontextmanager
async def _mongodb(folder: Path) -> AsyncIterator[list[_Store]]:
    server = Mongod(folder / f"mongod-{os.getpid()}")
    server.start()
    try:
        stores = []
        for name in ("few", "many"):
            database = await MongoDatabase.open(server.database(name), _horizon)
            stores.append(_Store(database, partial(_insert_documents, server, name)))
        yield stores
        for store in stores:
            await store.database.close()
    finally:
        server.kill()


async def _insert_documents(server: Mongod, name: str, records: list[ResultRecord]) -> None:
    documents = [{**DOCUMENTS.document(one), "has_photos": False} for one in records]
    with server.client() as client:
        client[name]["results"].insert_many(documents)
        counted = {"$inc": {"results": len(documents)}}
        client[name]["tallies"].update_one({"_id": records[0].user_id}, counted)
