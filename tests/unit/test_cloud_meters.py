"""How the cloud's edits are counted."""

import asyncio

import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from processing.cloud.budget import Bill
from processing.cloud.catalogue import CHANGE_HAIRCUT, Catalogue
from processing.cloud.edit import Edit
from processing.cloud.editor import Edited
from processing.cloud.faults import CloudFault, FallbackReason
from processing.cloud.order import Order
from server.cloud.metered import MeteredEditor
from server.metrics.cloud import CloudMeters
from server.metrics.meters import Meters

MODEL = CHANGE_HAIRCUT.ref
EDITED = Edited(np.zeros((1, 1, 3), np.uint8), "p1", MODEL, 40_000, 7.0)


class Editor:
    """Ends as it is told."""

    def __init__(self, end: Exception | asyncio.CancelledError | None, *, is_billed: bool) -> None:
        self._end = end
        self._is_billed = is_billed

    async def edit(self, _order: Order, _within_s: float, bill: Bill) -> Edited:
        bill.is_open = self._is_billed
        if self._end is not None:
            raise self._end
        return EDITED


@pytest.mark.parametrize(
    ("end", "outcome", "spent"),
    [
        (None, "made", 0.04),
        (asyncio.CancelledError(), "left", 0.04),
        (asyncio.CancelledError(), "left", 0.0),
        (CloudFault(FallbackReason.REFUSED, "", may_be_billed=True), "refused", 0.04),
        (CloudFault(FallbackReason.TIMED_OUT, ""), "timed_out", 0.0),
    ],
    ids=repr,
)
async def test_edits_are_counted(
    end: Exception | asyncio.CancelledError | None, outcome: str, spent: float
) -> None:
    """By model and outcome, with what they have or may have cost; the time of those only that were
    made."""
    registry = CollectorRegistry()
    editor = MeteredEditor(Editor(end, is_billed=spent > 0), Catalogue(), CloudMeters(registry))
    bob = Edit(b"me", haircut="Bob")
    if end is None:
        assert await editor.edit(bob, 1.0, Bill()) is EDITED
    else:
        with pytest.raises(type(end)):
            await editor.edit(bob, 1.0, Bill())

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"hair_tryon_cloud_{name}", {"model": MODEL, **labels})

    assert value("edits_total", outcome=outcome) == 1
    assert value("spent_usd_total") == spent
    assert value("edit_seconds_sum") == (7.0 if end is None else None)


def test_each_application_counts_for_itself() -> None:
    """Two in one process do not share a count; reasons are there before they come."""
    one, other = Meters(), Meters()
    one.cloud.fell_back(FallbackReason.TOO_BUSY)
    name = "hair_tryon_cloud_fallbacks_total"
    counts = [each.registry.get_sample_value(name, {"reason": "too_busy"}) for each in (one, other)]
    assert counts == [1, 0]
