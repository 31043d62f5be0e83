"""A film's keyframes that were paid, and are kept while its job is under way."""

import asyncio
from datetime import datetime
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from server.jobs import kept_cuts
from server.jobs.kept_cuts import KeptCut
from server.stores import Stores
from tests.integration.records import NOW
from tests.logged import logged


class Hanging:
    """Stores whose files are not written."""

    def __init__(self) -> None:
        database = SimpleNamespace(loose=self)
        self.stores = cast("Stores", SimpleNamespace(database=database, files=self))

    async def note(self, _paths: list[str], _user_id: str, _due: datetime) -> None:
        """See Loose."""

    async def write(self, _name: str, _data: bytes) -> None:
        """See Files."""
        await asyncio.Event().wait()


async def test_a_store_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stop waits for what is kept; it may be paid again then, which is said."""
    monkeypatch.setattr(kept_cuts, "GIVE_UP_S", 0.1)
    kept = KeptCut(Hanging().stores, "ann", "/uploads/cut_1.jpg", NOW)
    with logged(kept_cuts) as lines:
        await kept.keep("key", np.zeros((8, 8, 3), np.uint8))
    told = [(line["event"], line["reason"]) for line in lines]
    assert told == [("a keyframe may be paid again", "TimeoutError")]
