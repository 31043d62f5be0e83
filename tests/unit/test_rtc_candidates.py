"""Which of a client's addresses are looked for."""

import pytest

from media.rtc.candidates import checked, may_check

LINE = "candidate:1 1 udp 2130706431 {} 5000 typ host"


@pytest.mark.parametrize(
    ("address", "listen", "may"),
    [
        ("192.168.1.7", (), True),
        ("203.0.113.9", ("127.0.0.1",), True),
        ("0e3f-1.local", (), True),
        ("2001:db8::1", (), True),
        ("127.0.0.1", (), False),
        ("127.0.0.1", ("10.0.0.1",), False),
        ("127.0.0.1", ("127.0.0.1",), True),
        ("::1", (), False),
        ("::ffff:127.0.0.1", (), False),
        ("::ffff:0.0.0.0", (), False),
        ("0.0.0.0", ("127.0.0.1",), False),
        ("::", (), False),
        ("239.255.255.250", (), False),
        ("ff02::1", (), False),
        ("255.255.255.255", (), False),
    ],
)
def test_where_checks_may_go(address: str, listen: tuple[str, ...], may: bool) -> None:
    """To other machines, and to this one only if it listens there."""
    assert may_check(LINE.format(address), listen) is may


def test_an_offer_loses_what_may_not_be_checked() -> None:
    """Everything else stays as it is, line ends included."""
    kept = f"v=0\r\na={LINE.format('10.0.0.2')}\r\n"
    offer = f"{kept}a={LINE.format('127.0.0.1')}\r\na=mid:0\r\n"
    assert checked(offer, ()) == f"{kept}a=mid:0\r\n"
    assert checked(offer, ("127.0.0.1",)) == offer


def test_what_is_no_candidate_is_left_to_others() -> None:
    """The parser tells what is wrong with it."""
    assert may_check("candidate:1 1 udp", ())


@pytest.mark.parametrize("end", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028"])
def test_lines_end_where_the_parser_ends_them(end: str) -> None:
    """A second candidate cannot hide behind the first one."""
    offer = f"a={LINE.format('8.8.8.8')}{end}a={LINE.format('127.0.0.1')}\r\n"
    assert "127.0.0.1" not in checked(offer, ())
