"""What something would cost, and how long it would take, before it is ordered."""

from typing import Annotated

from aiohttp import web
from pydantic import Field

from processing.cloud.faults import FallbackReason
from processing.local import LOCAL
from server.answers import Answer
from server.cloud.salon import CLOUD
from server.cut_form import Engine, Haircut
from server.form_fields import UserId
from server.jobs.estimate import edited_s
from server.keys import JOBS, SALON, SERVICES
from server.order_form import keyframes_of
from server.picture_price import PicturePrice, picture_price
from server.queries import Query, read_query
from server.quota import check_length, check_videos
from server.services import Services
from server.studio import nothing_to_apply
from server.uploads import own_upload
from storage.records import UploadRecord
from storage.spending import MICRO, month_of


class EstimateQuery(Query):
    """What would be ordered: of an upload, or of a photo where none is named."""

    user_id: UserId
    upload_id: Annotated[str, Field(max_length=64)] | None = None
    engine: Engine = "local"
    haircut: Haircut | None = None
    style_image: Annotated[bool, Field(description="Whether one would be sent.")] = False
    look: Annotated[
        bool, Field(description="Whether a look, or a colour photo, would be sent.")
    ] = False
    max_keyframes: Annotated[int, Field(ge=1)] | None = None


class EstimateAnswer(Answer):
    """What it would come to now. Where the cloud does less it costs less."""

    ai_model: str = Field(description="Who would do it: `replicate`, or `local`.")
    fallback: str | None = Field(description="Why it would be made here; as of a result.")
    model: str | None = Field(description="Which model would cut the hair.")
    pictures: int = Field(description="That it would make; at most.")
    usd_per_picture: float
    estimated_cost_usd: float = Field(description="At most.")
    has_budget: bool = Field(description="Whether this month's money is enough for all of them.")
    estimated_time: int = Field(description="Seconds.")


async def estimate(request: web.Request) -> web.Response:
    """``GET /api/hair-tryOn/estimate``: nothing is begun, and nothing put aside. What an order
    would be refused for is refused here, as far as it is told; not for consent or a full queue."""
    query = read_query(request, EstimateQuery)
    settings = request.app[SERVICES].settings
    keyframes = keyframes_of(query.engine, query.haircut, query.max_keyframes, settings)
    upload = None
    if query.upload_id is not None:
        upload = await own_upload(request, query.upload_id, query.user_id)
        await _check_tier(request.app[SERVICES], upload)
    if query.engine == "cloud" and not (query.haircut or query.style_image or query.look):
        raise nothing_to_apply()
    price = await _price(request, query)
    pictures = _pictures(price, keyframes, upload)
    total = pictures * price.micro_usd
    return EstimateAnswer(
        ai_model=CLOUD if price.model else LOCAL,
        fallback=price.fallback,
        model=price.model,
        pictures=pictures,
        usd_per_picture=price.micro_usd / MICRO,
        estimated_cost_usd=total / MICRO,
        has_budget=await _has_budget(request, query.user_id, price, total),
        estimated_time=await _needed_s(request, upload, pictures),
    ).reply()


async def _check_tier(services: Services, upload: UploadRecord) -> None:
    """Raises RequestRefused for a film that its owner's tier has no room for."""
    tier, now = await services.tariff.of_user(upload.user_id), services.clock.utc_now()
    if tier is None:
        return
    check_length(tier, upload.duration)
    usage = await services.database.spending.usage(upload.user_id, month_of(now))
    check_videos(tier, usage.videos, now)


async def _price(request: web.Request, query: EstimateQuery) -> PicturePrice:
    if query.engine == "local":
        return PicturePrice()
    return await picture_price(request, query.user_id, query.haircut, has_style=query.style_image)


def _pictures(price: PicturePrice, keyframes: int | None, upload: UploadRecord | None) -> int:
    if price.model is None or keyframes is None:
        return 0
    return 1 if upload is None else min(keyframes, upload.frame_count)


async def _has_budget(request: web.Request, user_id: str, price: PicturePrice, total: int) -> bool:
    """What is not enough for one picture is no budget, though nothing would be paid then."""
    if price.fallback is FallbackReason.BUDGET_SPENT:
        return False
    return await request.app[SALON].cashier.has(user_id, total)


async def _needed_s(request: web.Request, upload: UploadRecord | None, pictures: int) -> int:
    """A photo waits for no film."""
    if upload is None:
        return max(1, round(edited_s(pictures, 1)))
    return await request.app[JOBS].needed_s(upload.size_mpx, pictures)
