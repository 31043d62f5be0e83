"""When heads and advice are told out of turn."""

from processing.engine import Advice
from processing.pipeline import Processed
from server.lastframe import NEWS_INTERVAL_S, LastFrame

_NOBODY = Processed(b"picture", 0, {"head": 1.0}, (Advice.NO_HEAD,))
_SOMEBODY = Processed(b"picture", 1, {"head": 2.0})


def test_result_is_kept_without_its_picture() -> None:
    """What is told is of the last result; its picture, which is large, is let go."""
    last = LastFrame()
    last.note(_NOBODY)
    assert last.result == Processed(b"", 0, {"head": 1.0}, (Advice.NO_HEAD,))


def test_news_is_told_once() -> None:
    """Other heads or other advice are news until they are told; other times are not."""
    last = LastFrame()
    assert not last.is_news(0.0)
    last.note(_NOBODY)
    assert last.is_news(0.0)
    assert last.told().heads == 0
    last.note(Processed(b"", 0, {"head": 9.0}, (Advice.NO_HEAD,)))
    assert not last.is_news(10.0)


def test_news_is_no_flood() -> None:
    """What changes with every frame is told at intervals, and then as it is by then."""
    last = LastFrame()
    told = 0
    for number in range(100):
        last.note(_SOMEBODY if number % 2 else _NOBODY)
        if last.is_news(number * 0.03):
            told += 1
            last.told()
    assert 2 <= told <= 3.0 / NEWS_INTERVAL_S + 1


def test_held_back_news_is_told_later() -> None:
    """A change that came too soon after the one before is told when its time has come."""
    last = LastFrame()
    last.note(_NOBODY)
    assert last.is_news(0.0)
    last.told()
    last.note(_SOMEBODY)
    assert not last.is_news(NEWS_INTERVAL_S / 2)
    assert last.is_news(NEWS_INTERVAL_S)
