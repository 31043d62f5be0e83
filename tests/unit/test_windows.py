"""Windows that slide: so often within any hour, not within each."""

import pytest

from storage import windows
from storage.windows import OwnWindows, Taken, Window
from tests.fakes import ManualClock

THREE = Window("uploads", 3, 3600)


async def test_so_often_and_no_more() -> None:
    """Each that is taken leaves one less; what is refused does not count."""
    clock = ManualClock()
    own = OwnWindows(clock.monotonic)
    assert await own.take(THREE, "a") == Taken(True, 2, 3600.0)
    clock.advance(600)
    assert await own.take(THREE, "a") == Taken(True, 1, 3000.0)
    assert await own.take(THREE, "a") == Taken(True, 0, 3000.0)
    for _ in range(10):
        assert await own.take(THREE, "a") == Taken(False, 0, 3000.0)


async def test_the_window_slides() -> None:
    """The first is over an hour after it, the others when their hours are."""
    clock = ManualClock()
    own = OwnWindows(clock.monotonic)
    for _ in range(3):
        await own.take(THREE, "a")
        clock.advance(1000)
    assert (await own.take(THREE, "a")).again_s == pytest.approx(600)
    clock.advance(599.9)
    assert not (await own.take(THREE, "a")).is_free
    clock.advance(0.2)
    assert (await own.take(THREE, "a")).is_free
    assert not (await own.take(THREE, "a")).is_free


async def test_keys_and_windows_are_apart() -> None:
    """Another's, and another kind's, are not used up."""
    own = OwnWindows(ManualClock().monotonic)
    for key in ("a", "b"):
        for window in (THREE, Window("calls", 1, 60)):
            assert (await own.take(window, key)).left == window.amount - 1


async def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of too many, those who did nothing for longest are forgotten."""
    monkeypatch.setattr(windows, "MOST_KEYS", 2)
    own = OwnWindows(ManualClock().monotonic)
    for key in ("a", "b", "a", "c"):
        await own.take(THREE, key)
    assert (await own.take(THREE, "a")).left == 0
    assert (await own.take(THREE, "b")).left == 2
