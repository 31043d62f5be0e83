"""What is left of jobs that are called off, or forgotten, by who brought them."""

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import pytest

from server.jobs.kept_cuts import cut_paths
from server.jobs.queue import JobQueue
from server.jobs.tickets import Tickets
from server.stores import Stores
from storage.results import QueueBounds
from tests.fakes import ManualClock
from tests.integration.records import RESULT

RECORD = replace(RESULT, max_keyframes=2)


class Scene:
    """A queue, and what is asked of the stores."""

    def __init__(self) -> None:
        self.deleted = list[str]()
        self.withdrawn = list[str]()
        database = SimpleNamespace(results=self, uploads=self)
        stores = cast("Stores", SimpleNamespace(database=database, keeper=self))
        self.queue = JobQueue(
            stores, ManualClock(), cast("Tickets", None), bounds=QueueBounds(1, 1), places=1,
            expect=self.expect,
        )  # fmt: skip

    async def expect(self) -> None:
        """Nothing has to be got ready."""

    async def delete_result(self, result_id: str) -> None:
        """See Keeper."""
        self.deleted.append(result_id)

    async def withdraw(self, paths: Sequence[str]) -> None:
        """See Keeper."""
        self.withdrawn += paths


@pytest.fixture
async def scene() -> Scene:
    return Scene()


async def test_a_result_that_is_forgotten_has_no_keyframes(scene: Scene) -> None:
    """Whatever was missed when it was made."""
    await scene.queue.forget(RECORD)
    assert (scene.deleted, scene.withdrawn) == ([RECORD.result_id], cut_paths(RECORD))
