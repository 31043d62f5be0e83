"""Styles drawn from words by a model in the cloud: there is nobody here who could."""

import asyncio
from dataclasses import dataclass
from typing import Final

import structlog

from media.frame import Picture
from media.photo import encode_photo
from processing.cloud.cutter import small
from processing.cloud.desk import Desk
from processing.cloud.drawing import Aspect, portrait
from processing.cloud.faults import CloudFault, FallbackReason, bad_output
from processing.engine import PhotoError
from processing.fair import Share
from server.cloud.cashier import Cashier
from server.cloud.means import SalonMeans
from server.cloud.permission import Permission

QUALITY: Final = 92

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a user wants to see, in their words."""

    permission: Permission
    words: str
    aspect: Aspect


@dataclass(frozen=True, slots=True)
class Drawn:
    """A photo, as a JPEG file, of which hair can be taken over; ``model`` made it."""

    jpeg: bytes
    model: str


class Artist:
    """Draws, or says why not. Without a desk there is no account."""

    def __init__(self, means: SalonMeans, desk: Desk | None) -> None:
        self._means = means
        self._desk = desk
        self._cashier = Cashier(means, desk)

    async def draw(self, wish: Wish) -> Drawn:
        """A photo of somebody whose hair is as it is wished for, coded anew; who keeps it asks for
        the permission as it is then. Raises CloudFault, and StorageError before it is paid."""
        if self._desk is None:
            raise CloudFault(FallbackReason.NO_TOKEN, "there is no account")
        permission = wish.permission
        await permission.ask()
        quality = await self._cashier.quality(permission.user_id)
        order = portrait(wish.words, wish.aspect, quality)
        purse = self._cashier.purse(permission)
        made = await self._desk.edit(order, purse, permission.user_id)
        log.info(
            "drawn in the cloud",
            model=made.model,
            micro_usd=made.price_micro_usd,
            seconds=round(made.seconds, 3),
        )
        return Drawn(await self._coded(made.picture), made.model)

    async def _coded(self, picture: Picture) -> bytes:
        """As a file, with nothing of what came with it. Raises CloudFault (bad output) for one of
        which nothing can be taken over."""
        try:
            async with self._means.pool.long_turn(Share()) as turn:
                return await turn.run(self._checked, picture)
        except PhotoError as error:
            raise bad_output(f"drawing: {type(error).__name__}") from None
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("drawing failed")
            raise CloudFault(FallbackReason.FAILED, "a fault here") from None

    def _checked(self, picture: Picture) -> bytes:
        engines, side_px = self._means.engines, self._means.settings.photo_side_px
        engines.get(engines.default).check_photo(small(picture, side_px))
        return encode_photo(picture, "jpeg", QUALITY)
