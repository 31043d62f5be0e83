"""How MongoDB finds what it is asked for: never by a look at everything."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from pymongo import AsyncMongoClient
from pymongo.database import Database
from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
)

from storage.mongo import client as mongo_client
from storage.mongo.database import MongoDatabase
from storage.records import SessionStatus, UploadStatus
from storage.results import (
    Cursor,
    Ending,
    Lease,
    ResultStatus,
    VideoQuota,
)
from storage.spending import Booking, SpendingBounds
from storage.tiers import TierName, UserTierRecord
from tests.integration.databases import Time
from tests.integration.mongod import Mongod
from tests.integration.records import (
    ANY,
    CONSENT,
    NOW,
    RECORD,
    RESULT,
    ROOMY,
    STYLE,
    UPLOAD,
    add_consent,
    add_result,
    add_style,
    add_upload,
)

ASKING = ("find", "aggregate", "update", "delete", "findAndModify")
FRAME = {"lsid", "txnNumber", "startTransaction", "autocommit", "readConcern", "writeConcern",
         "maxTimeMS", "$clusterTime", "$db", "cursor", "stmtIds"}  # fmt: skip
"""What does not change the plan, or cannot be explained."""

CROWD = 300

Command = dict[str, Any]


class Listener(CommandListener):
    """Remembers the commands that look for documents."""

    def __init__(self) -> None:
        self.commands: list[tuple[str, Command]] = []

    def started(self, event: CommandStartedEvent) -> None:
        if event.command_name in ASKING:
            self.commands.append((event.database_name, dict(event.command)))

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Nothing to remember."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Nothing to remember."""


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Listener:
    listener = Listener()
    listening = partial(AsyncMongoClient, event_listeners=[listener])
    monkeypatch.setattr(mongo_client, "AsyncMongoClient", listening)
    return listener


@pytest.fixture
async def mongo(
    mongod: Mongod, new_mongo_uri: str, time: Time, listener: Listener
) -> AsyncIterator[MongoDatabase]:
    database = await MongoDatabase.open(new_mongo_uri, time.horizon)
    await _fill(database)
    with mongod.client() as client:
        _crowd(client[new_mongo_uri.rsplit("/", 1)[1]])
    listener.commands.clear()
    yield database
    await database.close()


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


async def _fill(database: MongoDatabase) -> None:
    """Enough of everything that a wrong plan is not as good as a right one."""
    for number in range(24):
        user = f"user{number % 4}"
        own: dict[str, Any] = {"user_id": user, "created_at": later(-number)}
        changes = {"upload_id": f"up{number}", "idempotency_key": f"k{number}", **own}
        await add_upload(database, replace(UPLOAD, file_path=f"/u{number}", **changes))
        style = replace(STYLE, style_id=f"st{number}", idempotency_key=f"k{number}", **own)
        await add_style(database, replace(style, file_path=f"/y{number}"))
        paths = {"result_video_path": f"/v{number}", "thumbnail_path": f"/t{number}",
                 "style_image_path": f"/s{number}", "color_image_path": f"/c{number}",
                 "webhook_url": "https://example.org/"}  # fmt: skip
        record = replace(RESULT, result_id=f"r{number}", **{**changes, **paths})
        await add_result(database, record, ROOMY)
        await add_consent(database, replace(CONSENT, user_id=user))
        status = list(SessionStatus)[number % 3]
        await database.sessions.begin(
            replace(RECORD, session_id=f"s{number}", status=status, **own)
        )
    for number in range(18):
        await database.results.claim(Lease(f"w{number}", NOW, later(10 + number)), ANY)
    for number in range(0, 24, 2):
        done = Ending(status=ResultStatus.COMPLETED, now=later(number), processing_time=1.0)
        await database.results.end(f"r{number}", f"w{number}", done)
    await database.loose.note([f"/l{number}" for number in range(40)], "ann", later(1))


def _crowd(database: "Database[dict[str, Any]]") -> None:
    """Many documents that nobody asks for, later than those that somebody does."""
    names = {"sessions": "session_id", "uploads": "upload_id", "results": "result_id",
             "styles": "style_id"}  # fmt: skip
    ended = {"user_id": "ann", "status": "completed", "created_at": later(1),
             "updated_at": later(-1), "lease_until": None, "notify_at": None,
             "idempotency_key": None}  # fmt: skip
    for collection, name in names.items():
        pattern = database[collection].find_one() or {}
        del pattern["_id"]
        database[collection].insert_many(
            [{**pattern, **ended, name: f"z{number}"} for number in range(CROWD)]
        )
    database["sessions"].update_many({"user_id": "ann"}, {"$set": {"status": "disconnected"}})
    agreed = database["consents"].find_one({}, {"_id": False}) or {}
    database["consents"].insert_many([{**agreed, "user_id": f"z{n}"} for n in range(CROWD)])
    coming = [{"user_id": f"z{n}", "due": later(9e6)} for n in range(CROWD)]
    database["coming_consents"].insert_many(coming)
    usage = {"month": "2026-03", "videos": 0, "spent_micro_usd": 0}
    database["usages"].insert_many([{**usage, "user_id": f"z{n}"} for n in range(CROWD)])
    booked = {"month": "2026-03", "amount_micro_usd": 1, "booked_at": later(9e6)}
    database["bookings"].insert_many([{**booked, "user_id": f"z{n}"} for n in range(CROWD)])
    tiers = [{"user_id": f"z{n}", "tier": "free", "given_at": NOW} for n in range(CROWD)]
    database["user_tiers"].insert_many(tiers)
    database["loose"].insert_many(
        [{"_id": f"/z{number}", "due": later(9e6)} for number in range(CROWD)]
    )


async def _ask_consents(database: MongoDatabase) -> None:
    await add_consent(database, CONSENT)
    await database.consents.get("ann")
    await database.consents.note("ann", later(1))
    assert await database.consents.forget_late(later(1)) == 1


async def _ask_spending(database: MongoDatabase) -> None:
    spending, bounds = database.spending, SpendingBounds(9, 9)
    for name in ("b1", "b2"):
        booking = Booking(booking_id=name, user_id="user2", amount_micro_usd=1, booked_at=NOW)
        await spending.book(booking, bounds)
    assert await spending.settle("b1", 0)
    assert (await spending.usage("user2", "2026-03")).spent_micro_usd == 1
    assert len(await spending.usages("user2")) == 1
    assert await spending.in_all("2026-03") == 1
    await spending.forget(later(-1), "2026-02", "2026-02")
    counted = replace(RESULT, result_id="counted", upload_id="up1", style_image_path=None)
    await database.results.add(counted, ROOMY, VideoQuota(1))


async def _ask_tiers(database: MongoDatabase) -> None:
    await database.tiers.put(await database.tiers.get(TierName.FREE))
    await database.tiers.give(UserTierRecord("user2", TierName.FREE, NOW))
    assert await database.tiers.of_user("user2") is not None


async def _ask_styles(database: MongoDatabase) -> None:
    styles = database.styles
    made = replace(STYLE, style_id="new", idempotency_key="new", request_digest="d")
    await add_style(database, made)
    assert await styles.keyed("ann", "new", "d")
    await styles.get("new")
    await styles.of_user("user1", 3, 1)
    await styles.of_user("user1", 3, after=replace(STYLE, style_id="z5").cursor)
    await styles.page(10, "st2")
    assert await styles.delete("new", NOW)


async def _ask_everything(database: MongoDatabase, time: Time) -> None:
    """Every call of the contract, with something to do for each."""
    sessions, uploads, results = database.sessions, database.uploads, database.results
    await sessions.begin(replace(RECORD, session_id="new"))
    await sessions.save(replace(RECORD, session_id="new"))
    await sessions.get("s1")
    await sessions.remove("s1", "user1")
    await sessions.of_user("ann", 3, replace(RECORD, session_id="z5"))
    await sessions.time_out_silent(later(1), RECORD.updated_at)
    await _ask_consents(database)
    upload = replace(UPLOAD, upload_id="new", idempotency_key="new", request_digest="d")
    for _ in range(2):
        await add_upload(database, upload)
    await uploads.get("up1")
    await uploads.of_user("user1", 3)
    await uploads.of_user("ann", 3, replace(UPLOAD, upload_id="z5", created_at=later(1)))
    await uploads.set_status("up1", UploadStatus.COMPLETED, NOW)
    await uploads.page(10, "up2")
    result = replace(RESULT, result_id="new", upload_id="up1", idempotency_key="new")
    for _ in range(2):
        await add_result(database, result, ROOMY)
    await results.get("r1")
    await results.by_path("/v1")
    await results.history("ann", 3, 2)
    await results.history("ann", 3, after=Cursor(NOW, "z5"))
    await results.page(10, "r2")
    lease = Lease("w100", NOW, later(100))
    claimed = await results.claim(lease, ANY)
    assert claimed is not None
    await results.renew(claimed.result_id, lease, 5)
    await results.give_back(claimed.result_id, lease)
    await results.cancel("r3", NOW)
    await results.cancel("r3", NOW)
    await results.let_go("r3", "w3")
    await results.leased("ann", NOW)
    await results.cancel_all("ann", NOW)
    assert await results.take_up_expired(later(20), 1, "late")
    assert await results.claim_notice(later(50), later(60))
    await results.end_notice("r2", later(70))
    await results.workload()
    assert await results.delete("r4", NOW, later(60))
    await database.loose.note(["/v4"], "ann", NOW)
    assert await database.loose.claim(later(2), later(9), 3)
    assert await database.loose.take(["/l5", "/l6"], later(9))
    await database.loose.forget(["/l5", "/l6"])
    assert await database.known(["/u1", "/v1", "/l1"]) == {"/u1", "/v1", "/l1"}
    assert (await database.erase("user2", 5, NOW, NOW))[1]
    assert await results.remove_photos(5, time.pass_by(90), NOW, "late")
    assert await sessions.remove_expired(5)
    now = time.pass_by(5000)
    await add_upload(database, replace(upload, upload_id="newer", created_at=now))
    assert await uploads.remove_expired(5, NOW)
    assert await results.remove_expired(5, now, now)


def _explainable(command: Command) -> Iterator[Command]:
    """The command, or its parts: several changes are explained one by one."""
    plain = {name: value for name, value in command.items() if name not in FRAME}
    for parts in ("updates", "deletes"):
        if parts in plain:
            yield from ({**plain, parts: [part]} for part in plain[parts])
            return
    yield {**plain, "cursor": {}} if "aggregate" in plain else plain


def _stages(plan: Any) -> Iterator[str]:
    """The names of all stages of the plans that were chosen."""
    if isinstance(plan, list):
        for part in plan:
            yield from _stages(part)
    elif isinstance(plan, dict):
        if isinstance(plan.get("stage"), str):
            yield plan["stage"]
        for name, part in plan.items():
            if name != "rejectedPlans":
                yield from _stages(part)


def _examined(plan: Any) -> int:
    """How many entries of indexes, and documents, were looked at."""
    if isinstance(plan, list):
        return sum(map(_examined, plan))
    if not isinstance(plan, dict):
        return 0
    own = plan.get("totalKeysExamined", 0) + plan.get("totalDocsExamined", 0)
    return int(own) + sum(map(_examined, plan.values()))


async def test_nothing_is_looked_for_everywhere(
    mongo: MongoDatabase, mongod: Mongod, listener: Listener, time: Time
) -> None:
    """Whatever is asked, an index leads straight to it, in the order that is asked for."""
    await _ask_spending(mongo)
    await _ask_tiers(mongo)
    await _ask_styles(mongo)
    await _ask_everything(mongo, time)
    assert await mongo.styles.remove_expired(5, NOW)
    asked = set[tuple[str, str]]()
    with mongod.client() as client:
        for database, command in listener.commands:
            for part in _explainable(command):
                explain = {"explain": part, "verbosity": "executionStats"}
                plan = client[database].command(explain, codec_options=client.codec_options)
                stages = set(_stages(plan))
                assert stages, (part, plan)
                assert not stages & {"COLLSCAN", "SORT"}, (part, plan)
                assert _examined(plan) < CROWD / 2, (part, plan)
                name, collection = next(iter(part.items()))
                asked.add((name, collection))
    assert len(asked) >= 15
