"""What users may have by their tier, and what they are told of it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from aiohttp import ClientSession

from media.clock import SystemClock, iso_utc
from processing.local.classic.engine import ClassicEngine
from server.cloud.purse import UserPurse
from server.doors.api_keys import digest_of, new_key
from server.jobs import lifetime
from server.quota import renews_at
from storage.spending import MICRO, SpendingBounds, month_of
from tests.integration.held import Change
from tests.integration.records import UPLOAD, add_upload
from tests.integration.service import Service, StartService
from tests.integration.test_cloud_purse import agreed
from tests.integration.videos import API, Videos
from tests.tokens import ADMIN, AUDIENCE, ISSUER, SECRET, token

KEY: Final = new_key()
DOORS: Final[dict[str, Any]] = {
    "jwt_secret": SECRET,
    "jwt_issuer": ISSUER,
    "jwt_audience": AUDIENCE,
    "gateways": "127.0.0.1",
    "api_keys": f"salon={digest_of(KEY)}",
}
FREE: Final = {"tier": "free", "videos_per_month": 10, "max_video_s": 5.0, "quality": "standard"}
PREMIUM: Final = {
    "tier": "premium",
    "videos_per_month": 100,
    "max_video_s": 10.0,
    "quality": "high",
}
ENTERPRISE: Final = {
    "tier": "enterprise",
    "videos_per_month": None,
    "max_video_s": 30.0,
    "quality": "ultra",
}


class Calendar(SystemClock):
    """Shows another day when a test says so."""

    def __init__(self) -> None:
        self.today = datetime.now(UTC).replace(day=20, microsecond=0)

    def utc_now(self) -> datetime:
        """See Clock."""
        return self.today


@pytest.fixture
def clock() -> Calendar:
    return Calendar()


@dataclass(frozen=True, slots=True)
class Salon:
    """A service whose jobs never end, and those who ask it."""

    service: Service
    clock: Calendar
    admin: ClientSession

    async def upload(self, user_id: str = "ann", duration_s: float = 5.0) -> str:
        """The id of a film that is there."""
        now = self.clock.utc_now()
        name = f"{user_id}-{duration_s:g}"
        record = replace(
            UPLOAD, upload_id=name, user_id=user_id, duration=duration_s, created_at=now,
            file_path=f"/uploads/{name}.mp4",
        )  # fmt: skip
        database = self.service.services.database
        if await database.uploads.get(name) is None:
            await add_upload(database, record)
        return name

    async def order(
        self, http: ClientSession, user_id: str = "ann", duration_s: float = 5.0, **fields: Any
    ) -> tuple[int, dict[str, Any], dict[str, str]]:
        """Of such a film; the status, the document and the headers."""
        upload_id = await self.upload(user_id, duration_s)
        videos = Videos(http, self.service.caller.url)
        answer = await videos.order(upload_id, no_cache=True, user_id=user_id, **fields)
        return answer.status, await answer.json(), dict(answer.headers)

    async def ask(
        self, http: ClientSession, method: str, path: str, **rest: Any
    ) -> tuple[int, dict[str, Any]]:
        url = f"{self.service.caller.url}{API}/{path}"
        async with http.request(method, url, **rest) as answer:
            return answer.status, await answer.json()

    async def give(self, user_id: str, tier: str) -> dict[str, Any]:
        """A tier, by an admin."""
        path = f"user/{user_id}/tier"
        status, document = await self.ask(self.admin, "PUT", path, json={"tier": tier})
        assert status == 200, document
        return document


@pytest.fixture
async def salon(
    start_service: StartService, clock: Calendar, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Salon]:
    change = Change()
    monkeypatch.setattr(lifetime, "Workshop", lambda _timeout_s: change)
    bounds: dict[str, Any] = {"max_user_queued_jobs": 100, "max_photos": 100, "keep_uploads_s": 1e8}
    service = await start_service(ClassicEngine(), clock=clock, **DOORS, **bounds)
    said = token("root", scope=ADMIN, exp=int(clock.today.timestamp()) + 10**8)
    async with ClientSession(headers={"Authorization": f"Bearer {said}"}) as admin:
        yield Salon(service, clock, admin)


@pytest.fixture
async def ann(salon: Salon) -> AsyncIterator[ClientSession]:
    async with ClientSession(headers={"X-User-Id": "ann"}) as http:
        yield http


async def test_ten_videos_a_month(salon: Salon, ann: ClientSession) -> None:
    """Of twenty-five at once ten are taken; the others are told when there are more, and then
    there are. Whoever else asks has their own."""
    await salon.upload()
    answers = await asyncio.gather(*(salon.order(ann) for _ in range(25)))
    assert Counter(status for status, _, _ in answers) == {202: 10, 429: 15}
    refusal, headers = next((said, told) for status, said, told in answers if status == 429)
    again = renews_at(salon.clock.today)
    assert refusal["error"] == "QUOTA_SPENT"
    quota = {"tier": "free", "videos_per_month": 10, "left": 0, "renews_at": iso_utc(again)}
    assert refusal["details"] == {"quota": quota}
    assert refusal["message"].endswith(f"there are more from {again:%Y-%m}-01 (UTC)")
    assert int(headers["Retry-After"]) == (again - salon.clock.today).total_seconds()
    async with ClientSession(headers={"X-User-Id": "bob"}) as bob:
        assert (await salon.order(bob, "bob"))[0] == 202
    salon.clock.today = again - timedelta(milliseconds=1)
    assert (await salon.order(ann))[0] == 429
    salon.clock.today = again
    assert (await salon.order(ann))[0] == 202


async def test_an_estimate_refuses_what_an_order_would(salon: Salon, ann: ClientSession) -> None:
    """A film that the tier is too short for, and one too many."""
    for duration_s, expected in ((5.2, (422, "VIDEO_TOO_LONG")), (5.0, (429, "QUOTA_SPENT"))):
        query = {"user_id": "ann", "upload_id": await salon.upload("ann", duration_s)}
        if expected[0] == 429:
            assert (await salon.ask(ann, "GET", "estimate", params=query))[0] == 200
            await asyncio.gather(*(salon.order(ann) for _ in range(10)))
        estimated, why = await salon.ask(ann, "GET", "estimate", params=query)
        ordered, refusal, _ = await salon.order(ann, duration_s=duration_s)
        assert (estimated, why["error"]) == (ordered, refusal["error"]) == expected
        assert why["details"] == refusal["details"]


async def test_what_is_not_done_again_does_not_count(salon: Salon, ann: ClientSession) -> None:
    """An order that is sent twice is one; one that is cancelled was one."""
    told = [await salon.order(ann, key="again") for _ in range(3)]
    assert len({said["result_id"] for _, said, _ in told}) == 1
    path = f"result/{told[0][1]['result_id']}/cancel"
    await salon.ask(ann, "POST", path, params={"user_id": "ann"})
    assert (await salon.ask(ann, "GET", "usage/ann"))[1]["videos"] == {
        "used": 1, "limit": 10, "left": 9}  # fmt: skip


async def test_how_long_a_video_may_be(salon: Salon, ann: ClientSession) -> None:
    """By the tier; what is too long is told so, and does not count."""
    status, refusal, _ = await salon.order(ann, duration_s=5.2)
    assert (status, refusal["error"]) == (422, "VIDEO_TOO_LONG")
    assert refusal["details"] == {"field": "upload_id"}
    assert refusal["message"] == "upload_id: 5.2 s: more than the 5 s of the tier free"
    assert (await salon.order(ann, duration_s=5.1))[0] == 202
    await salon.give("ann", "premium")
    assert (await salon.order(ann, duration_s=10.0))[0] == 202
    assert (await salon.order(ann, duration_s=30.0))[0] == 422
    await salon.give("ann", "enterprise")
    assert (await salon.order(ann, duration_s=30.0))[0] == 202
    assert (await salon.ask(ann, "GET", "usage/ann"))[1]["videos"]["used"] == 3


async def test_admins_set_tiers(salon: Salon, ann: ClientSession) -> None:
    """What they have, and who is in which; it counts at once. Nobody else does, for themselves
    neither."""
    assert await salon.ask(ann, "GET", "tiers") == (200, {"tiers": [FREE, PREMIUM, ENTERPRISE]})
    assert await salon.ask(ann, "GET", "user/ann/tier") == (200, {"tier": FREE, "given_at": None})
    assert (await salon.order(ann))[0] == 202
    one = {"videos_per_month": 1, "max_video_s": 7, "quality": "high"}
    for path, said in (("tiers/free", one), ("user/ann/tier", {"tier": "premium"})):
        status, refusal = await salon.ask(ann, "PUT", path, json=said)
        assert (status, refusal["error"]) == (403, "FORBIDDEN")
    now = {"tier": "free", **one}
    as_some_write_it = {**one, "videos_per_month": 1.0}
    assert await salon.ask(salon.admin, "PUT", "tiers/free", json=as_some_write_it) == (200, now)
    assert (await salon.order(ann))[0] == 429
    assert (await salon.give("ann", "premium"))["tier"] == PREMIUM
    given_at = iso_utc(salon.clock.today)
    assert await salon.ask(ann, "GET", "user/ann/tier") == (
        200, {"tier": PREMIUM, "given_at": given_at})  # fmt: skip
    assert (await salon.order(ann))[0] == 202
    tiers = (await salon.ask(ann, "GET", "tiers"))[1]["tiers"]
    assert tiers == [now, PREMIUM, ENTERPRISE]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("tiers/gold", {"videos_per_month": 1, "max_video_s": 1, "quality": "high"}),
        ("tiers/free", {"videos_per_month": -1, "max_video_s": 1, "quality": "high"}),
        ("tiers/free", {"videos_per_month": True, "max_video_s": 1, "quality": "high"}),
        ("tiers/free", {"videos_per_month": 1.5, "max_video_s": 1, "quality": "high"}),
        ("tiers/free", {"max_video_s": 1, "quality": "high"}),
        ("tiers/free", {"videos_per_month": 1, "max_video_s": 0, "quality": "high"}),
        ("tiers/free", {"videos_per_month": 1, "max_video_s": 1, "quality": "best"}),
        ("user/ann/tier", {"tier": "gold"}),
        ("user/ann/tier", {"tier": "free", "more": 1}),
    ],
)
async def test_what_is_no_tier_is_refused(salon: Salon, path: str, said: dict[str, Any]) -> None:
    """With what is wrong, and nothing is changed."""
    status, refusal = await salon.ask(salon.admin, "PUT", path, json=said)
    assert (status, refusal["error"]) == (422, "VALIDATION_FAILED")
    assert (await salon.ask(salon.admin, "GET", "user/ann/tier"))[1]["tier"] == FREE


async def test_customers_have_their_enterprises_tier(salon: Salon) -> None:
    """An enterprise's own one is so called, unless it was given another; each customer may have one
    of their own, and counts for themselves."""
    async with ClientSession(headers={"X-API-Key": KEY}) as key:
        for user_id in ("salon", "salon:ann"):
            told = (await salon.ask(key, "GET", f"user/{user_id}/tier"))[1]
            assert told == {"tier": ENTERPRISE, "given_at": None}
        assert (await salon.order(key, "salon:ann", 30.0))[0] == 202
        await salon.give("salon", "premium")
        assert (await salon.ask(key, "GET", "usage/salon:ann"))[1]["tier"] == PREMIUM
        await salon.give("salon:ann", "free")
        usage = (await salon.ask(key, "GET", "usage/salon:ann"))[1]
        assert (usage["tier"], usage["videos"]["left"]) == (FREE, 9)
        assert (await salon.ask(key, "GET", "usage/salon:bob"))[1]["tier"] == PREMIUM


async def test_usage_tells_what_is_left(salon: Salon, ann: ClientSession) -> None:
    """Videos and money, of this month and of this user; next month all is there again."""
    database, settings = salon.service.services.database, salon.service.services.settings
    bounds = SpendingBounds(settings.cloud_user_budget_micro_usd, settings.cloud_budget_micro_usd)
    purse = UserPurse(database.spending, bounds, salon.clock, "ann", agreed)
    put_aside = [await purse.put_aside(MICRO) for _ in range(2)]
    await purse.settle(put_aside[0] or "", 40_000)
    await salon.order(ann)
    again = renews_at(salon.clock.today)
    assert await salon.ask(ann, "GET", "usage/ann") == (
        200,
        {
            "user_id": "ann",
            "month": month_of(salon.clock.today),
            "renews_at": iso_utc(again),
            "tier": FREE,
            "videos": {"used": 1, "limit": 10, "left": 9},
            "usd": {"used": 1.04, "limit": 5.0, "left": 3.96},
        },
    )
    assert (await salon.ask(ann, "GET", "usage/bob"))[0] == 403
    salon.clock.today = again
    usage = (await salon.ask(ann, "GET", "usage/ann"))[1]
    assert (usage["videos"]["used"], usage["usd"]["left"]) == (0, 5.0)


async def test_an_erasure_is_no_refill(salon: Salon, ann: ClientSession) -> None:
    """What was used up, and the tier, stay until the month is over, under no name that tells."""
    await salon.give("ann", "premium")
    database = salon.service.services.database
    bounds = SpendingBounds(MICRO, MICRO)
    purse = UserPurse(database.spending, bounds, salon.clock, "ann", agreed)
    assert await purse.put_aside(MICRO) is not None
    assert (await salon.ask(ann, "DELETE", "user/ann/data"))[0] == 200
    usage = (await salon.ask(ann, "GET", "usage/ann"))[1]
    assert (usage["tier"], usage["usd"]["used"]) == (PREMIUM, 1.0)
    assert await purse.put_aside(1) is None
    assert await database.spending.in_all(month_of(salon.clock.today)) == MICRO
    salon.clock.today = renews_at(salon.clock.today)
    usage = (await salon.ask(ann, "GET", "usage/ann"))[1]
    assert (usage["tier"], usage["usd"]["used"]) == (FREE, 0)


async def test_a_demo_binds_nobody(
    start_service: StartService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever says they are Ann would use up Ann's videos."""
    change = Change()
    monkeypatch.setattr(lifetime, "Workshop", lambda _timeout_s: change)
    clock = Calendar()
    service = await start_service(ClassicEngine(), clock=clock, max_user_queued_jobs=100)
    salon = Salon(service, clock, service.caller.http)
    for _ in range(11):
        assert (await salon.order(salon.admin, duration_s=30.0))[0] == 202
    usage = (await salon.ask(salon.admin, "GET", "usage/ann"))[1]
    assert usage["tier"] is None
    assert usage["videos"] == {"used": 0, "limit": None, "left": None}
    told = (await salon.ask(salon.admin, "GET", "user/ann/tier"))[1]
    assert told == {"tier": None, "given_at": None}
