"""When a client takes nothing of what it is sent."""

from server.connections.stall import Stall


def test_nothing_taken() -> None:
    """What waits unsent, and grows no less, is over after the limit."""
    stall = Stall(60.0, 0.0)
    assert [stall.is_over(size, now_s) for size, now_s in [(9, 0), (9, 59), (10, 60)]] == [
        False, False, True,
    ]  # fmt: skip


def test_any_progress_counts() -> None:
    """A client that reads a little has the limit again; so has one to whom nothing was sent."""
    stall = Stall(60.0, 0.0)
    sizes = [(0, 300), (9, 350), (8, 400), (8, 459), (7, 460), (7, 519)]
    assert not any(stall.is_over(size, now_s) for size, now_s in sizes)
    assert stall.is_over(7, 520)


def test_progress_between_looks() -> None:
    """What was read and filled up again between two looks was read."""
    stall = Stall(60.0, 0.0)
    stall.is_over(9, 10)
    stall.moved(50.0)
    assert not stall.is_over(9, 100)
    assert stall.is_over(9, 110)
