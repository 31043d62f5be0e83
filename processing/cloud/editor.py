"""Photos edited, and words drawn, by models at Replicate, within a time, and paid once."""

import asyncio
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Final

import structlog

from media.codec import PictureError
from media.frame import Picture
from processing.cloud.attachments import Attachments
from processing.cloud.budget import Bill
from processing.cloud.catalogue import Catalogue
from processing.cloud.download import Downloader, address_of
from processing.cloud.faults import CloudFault, FallbackReason
from processing.cloud.model import CloudModel
from processing.cloud.order import Order
from processing.cloud.output_picture import develop, is_about
from processing.cloud.patience import Patience
from processing.cloud.replicate_link import ReplicateLink
from processing.cloud.running import Pause, Running

_PATIENCE: Final = Patience()

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Edited:
    """A picture that a model made, of about the shape that was ordered; of a photo, rarely in its
    size."""

    picture: Picture
    prediction_id: str
    model: str
    price_micro_usd: int
    seconds: float


async def sleep(_prediction_id: str, seconds: float) -> None:
    """A Pause that hears nothing."""
    await asyncio.sleep(seconds)


class CloudEditor:
    """Has orders done by the models of a catalogue.

    Pictures are decoded on ``executor``. With ``webhook`` the service tells that address when a
    prediction is over, and ``pause`` is what hears of it; it is asked after all the same, since
    such messages get lost.
    """

    def __init__(
        self,
        link: ReplicateLink,
        downloader: Downloader,
        catalogue: Catalogue,
        executor: Executor,
        *,
        patience: Patience = _PATIENCE,
        webhook: str | None = None,
        pause: Pause = sleep,
    ) -> None:
        self._link = link
        self._downloader = downloader
        self._catalogue = catalogue
        self._executor = executor
        self._patience = patience
        self._webhook = webhook
        self._pause = pause

    async def edit(self, order: Order, within_s: float, bill: Bill | None = None) -> Edited:
        """Have the order done within so many seconds, and a moment to end what came too late.

        Raises CloudFault. What is under way at the service when that is raised, or the caller is
        cancelled, is cancelled there too; ``bill`` tells what it cost then.
        """
        model = self._catalogue.choose(order)
        ratio = _ratio(order, model)
        running = Running(self._link, self._patience, self._pause)
        try:
            async with asyncio.timeout(within_s) as limit:
                return await self._edited(order, model, ratio, running, limit)
        except asyncio.CancelledError:
            await running.end()
            if bill is not None:
                bill.is_open = running.may_be_billed
            raise
        except Exception as error:
            await running.end()
            fault = _fault_of(error)
            fault.may_be_billed = running.may_be_billed
            raise fault from None

    async def _edited(
        self,
        order: Order,
        model: CloudModel,
        ratio: float,
        running: Running,
        limit: asyncio.Timeout,
    ) -> Edited:
        loop = asyncio.get_running_loop()
        began_s, until_s = loop.time(), limit.when() or loop.time()
        async with Attachments(self._link, self._patience) as attachments:
            pictures = model.pictures(order).items()
            addresses = {part: await attachments.address(jpeg, until_s) for part, jpeg in pictures}
            payload = model.payload(order, addresses)
            await running.begin(model, payload, self._webhook, until_s)
            prediction = await running.finish(until_s)
        address = address_of(prediction.output)
        data = await self._patience.insist(lambda: self._downloader.fetch(address), until_s)
        picture = await loop.run_in_executor(self._executor, develop, data, ratio)
        return Edited(
            picture=picture,
            prediction_id=prediction.id,
            model=model.ref,
            price_micro_usd=model.prices_micro_usd[order.quality],
            seconds=loop.time() - began_s,
        )


def _fault_of(error: Exception) -> CloudFault:
    """What ended an edit, whatever it was: who asked for it has its money to settle."""
    if isinstance(error, CloudFault):
        return error
    if isinstance(error, TimeoutError):
        return CloudFault(FallbackReason.TIMED_OUT, "not done in time", is_counted=True)
    log.error("editing failed", exc_info=error)
    return CloudFault(FallbackReason.FAILED, f"a fault here: {type(error).__name__}")


def _ratio(order: Order, model: CloudModel) -> float:
    """Width by height of the picture. Raises CloudFault (unsuited) for a photo that the model
    cannot take."""
    try:
        ratio = order.ratio
    except PictureError as error:
        raise CloudFault(FallbackReason.UNSUITED, f"photo: {type(error).__name__}") from None
    if model.is_square and not is_about(ratio):
        raise CloudFault(FallbackReason.UNSUITED, "the model takes square photos")
    return ratio
