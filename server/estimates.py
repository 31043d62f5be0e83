"""What something would cost, and how long it would take, before it is ordered."""

from dataclasses import dataclass
from typing import Annotated, Literal

from aiohttp import web
from pydantic import Field

from processing.cloud.faults import CloudFault, FallbackReason
from processing.local import LOCAL
from server.answers import Answer
from server.cloud.salon import CLOUD
from server.cut_form import Haircut
from server.form_fields import UserId
from server.jobs.estimate import edited_s
from server.keys import JOBS, SALON, SERVICES
from server.queries import Query, read_query
from server.uploads import own_upload
from storage.records import UploadRecord
from storage.spending import MICRO


class EstimateQuery(Query):
    """What would be ordered: of an upload, or of a photo where none is named."""

    user_id: UserId
    upload_id: Annotated[str, Field(max_length=64)] | None = None
    engine: Literal["local", "cloud"] = "local"
    haircut: Haircut | None = None
    style_image: Annotated[bool, Field(description="Whether one would be sent.")] = False
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


@dataclass(frozen=True, slots=True)
class _Cost:
    """Of one picture, in millionths of a dollar; or why there would be none."""

    model: str | None = None
    micro_usd: int = 0
    fallback: FallbackReason | None = None


async def estimate(request: web.Request) -> web.Response:
    """``GET /api/hair-tryOn/estimate``: nothing is begun, and nothing put aside."""
    query = read_query(request, EstimateQuery)
    upload = None
    if query.upload_id is not None:
        upload = await own_upload(request, query.upload_id, query.user_id)
    cost = await _cost(request, query)
    pictures = 0 if cost.model is None else _pictures(request, query, upload)
    total = pictures * cost.micro_usd
    cashier = request.app[SALON].cashier
    return EstimateAnswer(
        ai_model=CLOUD if cost.model else LOCAL,
        fallback=cost.fallback,
        model=cost.model,
        pictures=pictures,
        usd_per_picture=cost.micro_usd / MICRO,
        estimated_cost_usd=total / MICRO,
        has_budget=await cashier.has(query.user_id, total),
        estimated_time=await _needed_s(request, upload, pictures),
    ).reply()


async def _cost(request: web.Request, query: EstimateQuery) -> _Cost:
    if query.engine == "local":
        return _Cost()
    cashier, agreement = request.app[SALON].cashier, request.app[SERVICES].agreement
    try:
        quote = await cashier.quote(query.user_id, query.haircut, has_style=query.style_image)
    except CloudFault as fault:
        return _Cost(fallback=fault.reason)
    if not await agreement.is_given_to_cloud(query.user_id):
        return _Cost(fallback=FallbackReason.NO_CONSENT)
    if not await cashier.has(query.user_id, quote.micro_usd):
        return _Cost(fallback=FallbackReason.BUDGET_SPENT)
    return _Cost(quote.model, quote.micro_usd)


def _pictures(request: web.Request, query: EstimateQuery, upload: UploadRecord | None) -> int:
    if upload is None:
        return 1
    most = request.app[SERVICES].settings.cloud_keyframes
    return min(query.max_keyframes or most, most, upload.frame_count)


async def _needed_s(request: web.Request, upload: UploadRecord | None, pictures: int) -> int:
    """A photo waits for no film."""
    if upload is None:
        return max(1, round(edited_s(pictures, 1)))
    return await request.app[JOBS].needed_s(upload.size_mpx, pictures)
