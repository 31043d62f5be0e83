"""Tiers, who is in which, and what users have used of theirs."""

from aiohttp import web

from media.clock import iso_utc
from server.json_body import read_json
from server.keys import SERVICES
from server.queries import UserPath, read_path
from server.quota import renews_at
from server.services import Services
from server.tier_documents import (
    TierAnswer,
    TierBody,
    TierPath,
    TiersAnswer,
    UsageAnswer,
    UserTierAnswer,
    UserTierBody,
)
from storage.spending import month_of
from storage.tiers import TierName, UserTierRecord


async def list_tiers(request: web.Request) -> web.Response:
    """``GET /api/hair-tryOn/tiers``: what there is."""
    tiers = request.app[SERVICES].database.tiers
    found = [TierAnswer.of(await tiers.get(name)) for name in TierName]
    return TiersAnswer(tiers=found).reply()


async def set_tier(request: web.Request) -> web.Response:
    """``PUT /api/hair-tryOn/tiers/{tier}``: it is like this from now on."""
    services, tier = request.app[SERVICES], read_path(request, TierPath).tier
    said = await read_json(request, TierBody, services.settings.body_timeout_s)
    record = said.record(tier)
    await services.database.tiers.put(record)
    return TierAnswer.of(record).reply()


async def get_user_tier(request: web.Request) -> web.Response:
    """``GET /api/hair-tryOn/user/{user_id}/tier``: the one that counts for them."""
    services, user_id = request.app[SERVICES], read_path(request, UserPath).user_id
    return await _told(services, user_id)


async def set_user_tier(request: web.Request) -> web.Response:
    """``PUT`` there: they are in this one from now on."""
    services, user_id = request.app[SERVICES], read_path(request, UserPath).user_id
    said = await read_json(request, UserTierBody, services.settings.body_timeout_s)
    given = UserTierRecord(user_id, said.tier, services.clock.utc_now())
    await services.database.tiers.give(given)
    return await _told(services, user_id)


async def get_usage(request: web.Request) -> web.Response:
    """``GET /api/hair-tryOn/usage/{user_id}``: of this month."""
    services, user_id = request.app[SERVICES], read_path(request, UserPath).user_id
    now = services.clock.utc_now()
    usage = await services.database.spending.usage(user_id, month_of(now))
    tier = await services.tariff.of_user(user_id)
    budget_micro_usd = services.settings.cloud_user_budget_micro_usd
    return UsageAnswer.of(usage, tier, budget_micro_usd, iso_utc(renews_at(now))).reply()


async def _told(services: Services, user_id: str) -> web.Response:
    tier, given = await services.tariff.of_user(user_id), await services.tariff.given(user_id)
    return UserTierAnswer.of(tier, given).reply()
