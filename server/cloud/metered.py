"""An editor whose edits are counted."""

import asyncio

from processing.cloud.budget import Bill
from processing.cloud.catalogue import Catalogue
from processing.cloud.desk import Editor
from processing.cloud.editor import Edited
from processing.cloud.faults import CloudFault
from processing.cloud.order import Order
from server.metrics.cloud import LEFT, CloudMeters


class MeteredEditor:
    """See Editor. What may have been billed counts as spent, as it does in the purse."""

    def __init__(self, editor: Editor, catalogue: Catalogue, meters: CloudMeters) -> None:
        self._editor = editor
        self._catalogue = catalogue
        self._meters = meters

    async def edit(self, order: Order, within_s: float, bill: Bill, /) -> Edited:
        """See Editor."""
        model = self._catalogue.choose(order)
        price_micro_usd = model.prices_micro_usd[order.quality]
        try:
            edited = await self._editor.edit(order, within_s, bill)
        except asyncio.CancelledError:
            self._meters.failed(model.ref, LEFT, price_micro_usd if bill.is_open else 0)
            raise
        except CloudFault as fault:
            paid_micro_usd = price_micro_usd if fault.may_be_billed else 0
            self._meters.failed(model.ref, fault.reason, paid_micro_usd)
            raise
        self._meters.made(edited.model, edited.seconds, edited.price_micro_usd)
        return edited
