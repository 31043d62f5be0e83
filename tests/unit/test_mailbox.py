"""The queue in front of a session: bounded in frames and bytes, the oldest leaves."""

from random import Random

import pytest

from media.frame import EncodedFrame
from media.mailbox import Mailbox, MailboxStatistics


def _frame(number: int, size_bytes: int = 1) -> EncodedFrame:
    return EncodedFrame(str(number), b"x" * size_bytes, float(number))


def _ids(frames: object) -> list[str]:
    return [frame.frame_id for frame in frames]  # type: ignore[attr-defined]


def test_first_in_first_out() -> None:
    """Frames leave in the order in which they came."""
    mailbox: Mailbox[EncodedFrame] = Mailbox(3, 100)
    for number in range(3):
        assert mailbox.put(_frame(number)) == ()
    assert _ids(mailbox) == ["0", "1", "2"]
    assert _ids(mailbox.take() for _ in range(3)) == ["0", "1", "2"]


def test_empty_has_nothing_to_take() -> None:
    """Taking from an empty mailbox is an IndexError, and leaves it as it was."""
    mailbox: Mailbox[EncodedFrame] = Mailbox(1, 1)
    with pytest.raises(IndexError):
        mailbox.take()
    assert mailbox.statistics() == MailboxStatistics(0, 0, 0, 0)


def test_full_lets_the_newest_in_and_the_oldest_go() -> None:
    """At the bound of frames a new one puts exactly the oldest out."""
    mailbox: Mailbox[EncodedFrame] = Mailbox(2, 100)
    mailbox.put(_frame(0))
    mailbox.put(_frame(1))
    assert _ids(mailbox.put(_frame(2))) == ["0"]
    assert _ids(mailbox) == ["1", "2"]


def test_bound_of_bytes_itself_fits() -> None:
    """Frames that fill the bound to the byte all wait; one byte more puts one out."""
    mailbox: Mailbox[EncodedFrame] = Mailbox(10, 10)
    assert mailbox.put(_frame(0, 5)) == ()
    assert mailbox.put(_frame(1, 5)) == ()
    assert _ids(mailbox.put(_frame(2, 1))) == ["0"]


def test_large_frame_puts_several_out_oldest_first() -> None:
    """As many leave as are needed for the bytes of the new one, and no more."""
    mailbox: Mailbox[EncodedFrame] = Mailbox(10, 10)
    for number in range(4):
        mailbox.put(_frame(number, 2))
    assert _ids(mailbox.put(_frame(4, 6))) == ["0", "1"]
    assert mailbox.statistics() == MailboxStatistics(3, 10, 5, 2)


def test_frame_above_the_bound_waits_alone() -> None:
    """A frame larger than the whole bound is kept, alone, and goes for the next one."""
    mailbox: Mailbox[EncodedFrame] = Mailbox(10, 10)
    mailbox.put(_frame(0, 5))
    assert _ids(mailbox.put(_frame(1, 99))) == ["0"]
    assert _ids(mailbox.put(_frame(2, 1))) == ["1"]
    assert mailbox.statistics() == MailboxStatistics(1, 1, 3, 2)


@pytest.mark.parametrize(("max_frames", "max_bytes"), [(0, 1), (1, 0), (-1, 1)])
def test_no_room_at_all_is_refused(max_frames: int, max_bytes: int) -> None:
    """A mailbox that could hold nothing is a mistake of the caller's."""
    with pytest.raises(ValueError, match="at least one"):
        Mailbox(max_frames, max_bytes)


@pytest.mark.parametrize("seed", range(20))
def test_bounds_and_counts_hold_for_any_traffic(seed: int) -> None:
    """Whatever comes and goes: order, bounds, bytes and counts are right, the newest is kept."""
    random = Random(seed)
    mailbox: Mailbox[EncodedFrame] = Mailbox(random.randint(1, 8), random.randint(1, 50))
    gone: list[str] = []
    for number in range(300):
        frame = _frame(number, random.randint(0, 30))
        gone += _ids(mailbox.put(frame))
        assert list(mailbox)[-1] is frame
        figures = mailbox.statistics()
        assert figures.waiting == len(mailbox) <= mailbox._max_frames
        assert figures.waiting_bytes == sum(waiting.size_bytes for waiting in mailbox)
        assert figures.waiting_bytes <= mailbox._max_bytes or len(mailbox) == 1
        while mailbox and random.random() < 0.3:
            gone.append(mailbox.take().frame_id)
        assert gone + _ids(mailbox) == [str(past) for past in range(number + 1)]
