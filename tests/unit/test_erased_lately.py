"""Who was erased a moment ago."""

from server.erased_lately import ErasedLately
from tests.fakes import ManualClock


def test_it_is_known_for_what_began_before() -> None:
    """And not for what began afterwards, nor of anybody else."""
    clock = ManualClock()
    lately = ErasedLately(clock, 10)
    began_s = clock.monotonic()
    clock.advance(1)
    lately.add("ann")
    assert lately.has("ann", began_s)
    assert not lately.has("bob", began_s)
    clock.advance(1)
    assert not lately.has("ann", clock.monotonic())


def test_what_is_long_ago_is_forgotten() -> None:
    """Only the last time counts, and nobody is kept in mind for longer than is said."""
    clock = ManualClock()
    lately = ErasedLately(clock, 10)
    lately.add("ann")
    lately.add("bob")
    clock.advance(6)
    lately.add("ann")
    clock.advance(6)
    lately.add("carl")
    assert [name for name in ("ann", "bob", "carl") if lately.has(name, 0)] == ["ann", "carl"]
