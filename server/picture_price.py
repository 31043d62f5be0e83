"""What a picture from the cloud would cost a user now, for estimates and for orders alike."""

from dataclasses import dataclass

from aiohttp import web

from processing.cloud.faults import CloudFault, FallbackReason
from server.keys import SALON, SERVICES


@dataclass(frozen=True, slots=True)
class PicturePrice:
    """Of one picture, in millionths of a dollar, and which model would make it; or why none
    would."""

    model: str | None = None
    micro_usd: int = 0
    fallback: FallbackReason | None = None


async def picture_price(
    request: web.Request, user_id: str, haircut: str | None, *, has_style: bool
) -> PicturePrice:
    """With the haircut of this name, or else that of a style photo. Raises StorageError."""
    cashier, agreement = request.app[SALON].cashier, request.app[SERVICES].agreement
    try:
        quote = await cashier.quote(user_id, haircut, has_style=has_style)
    except CloudFault as fault:
        return PicturePrice(fallback=fault.reason)
    if not await agreement.is_given_to_cloud(user_id):
        return PicturePrice(fallback=FallbackReason.NO_CONSENT)
    if not await cashier.has(user_id, quote.micro_usd):
        return PicturePrice(fallback=FallbackReason.BUDGET_SPENT)
    return PicturePrice(quote.model, quote.micro_usd)
