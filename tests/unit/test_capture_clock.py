"""When a picture was captured, told in the client's own terms."""

from media.rtc.capture_clock import NTP_TO_UNIX_S, TIMESTAMPS, CaptureClock, CapturePair


def test_both_halves_are_needed() -> None:
    """A report of the client, and a picture that has gone out."""
    clock = CaptureClock()
    assert clock.pair is None
    clock.hear_report((NTP_TO_UNIX_S + 1000 << 32) + (1 << 31), 90_000)
    assert clock.pair is None
    assert not clock.is_set
    clock.see_sent(90_000, 100)
    assert clock.is_set
    assert clock.pair == CapturePair(100, 1_000_500.0)


def test_timestamps_begin_anew() -> None:
    """Whatever the two counts are their distance stays; what came in may be counted on."""
    clock = CaptureClock()
    clock.see_sent(TIMESTAMPS + 50, TIMESTAMPS - 20)
    clock.hear_report(NTP_TO_UNIX_S << 32, 3050)
    assert clock.pair == CapturePair(2980, 0.0)
