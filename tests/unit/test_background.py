"""Work in the background: it goes on whatever goes wrong, and its end is not overlooked."""

import asyncio

from server import background
from server.background import at_work, every
from storage.errors import StorageFailed
from tests.fakes import settle, until
from tests.logged import logged


async def test_a_look_that_fails_keeps_no_other_from_being_taken() -> None:
    """Be it a storage that is away, which is told in a line, or a fault of ours."""
    failures: list[Exception] = [StorageFailed("TEST"), ZeroDivisionError(), StorageFailed("TEST")]
    looks = 0

    async def look() -> None:
        nonlocal looks
        looks += 1
        if failures:
            raise failures.pop(0)

    with logged(background) as lines:
        async with at_work(every(0.0, look, "not looked after")):
            await until(lambda: looks == 5)
    assert [(line["event"], line["log_level"], line.get("reason")) for line in lines] == [
        ("not looked after", "warning", "The storage failed. (TEST)"),
        ("not looked after", "error", None),
        ("not looked after", "warning", "The storage failed. (TEST)"),
    ]


async def test_work_that_ends_is_told_of() -> None:
    """It should have gone on; that it is ended when the block is left is as it should be."""

    async def end() -> None:
        raise ZeroDivisionError

    with logged(background) as lines:
        async with at_work(end()):
            await settle()
        async with at_work(asyncio.sleep(3600.0)):
            await settle()
    assert [line["event"] for line in lines] == ["background work has ended"]
