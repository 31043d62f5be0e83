"""Packets that are asked for until they come."""

from media.rtc.assembly import MAX_JUMP, SEQUENCES, Assembler, Fragment
from media.rtc.inlet import Inlet
from media.rtc.lane import Encoded
from media.rtc.missing import ASK_AGAIN_S, MOST_ASKED, MOST_TIMES, MissingPackets
from media.rtc.video_codec import VideoCodec

KEY = b"\x10\x00rest"
OTHER = b"\x10\x01rest"


def _fragment(sequence: int, *, is_key: bool = False) -> Fragment:
    return Fragment(sequence % SEQUENCES, sequence * 3000, True, is_key, b"data")


def _places(assembler: Assembler) -> list[int]:
    return [place % SEQUENCES for place in assembler.missing(MOST_ASKED)]


def test_a_packet_is_asked_for_again_and_again() -> None:
    """At once, then after a round trip each time, and no longer when it has come."""
    missing = MissingPackets()
    assert missing.due([7, 9], 1.0) == [7, 9]
    assert missing.due([7, 9], 1.0 + ASK_AGAIN_S / 2) == []
    assert missing.due([7, 9, 12], 1.0 + ASK_AGAIN_S) == [7, 9, 12]
    assert missing.due([9, 12], 1.0 + 2.5 * ASK_AGAIN_S) == [9, 12]
    assert missing.due([], 2.0) == []
    assert missing.due([9], 2.0) == [9]


def test_on_a_long_way_it_is_asked_for_more_rarely() -> None:
    missing = MissingPackets()
    missing.again_s = 0.3
    assert missing.due([7], 1.0) == [7]
    assert missing.due([7], 1.2) == []
    assert missing.due([7], 1.31) == [7]


def test_no_more_is_asked_for_than_is_worth_it() -> None:
    """Neither of packets nor of times."""
    missing = MissingPackets()
    many = list(range(1000))
    assert missing.due(many, 0.0) == many[:MOST_ASKED]
    asked = sum(missing.due([3], 1.0 + number) == [3] for number in range(50))
    assert asked == MOST_TIMES - 1


def test_the_assembler_knows_its_gaps() -> None:
    assembler = Assembler()
    assert _places(assembler) == []
    assembler.add(_fragment(10, is_key=True), 0.0)
    assert _places(assembler) == []
    assembler.add(_fragment(12), 0.0)
    assembler.add(_fragment(15), 0.0)
    assert _places(assembler) == [11, 13, 14]
    for sequence in (13, 11, 14):
        assembler.add(_fragment(sequence), 0.0)
    assert _places(assembler) == []


def test_gaps_of_a_key_frame_that_is_waited_for() -> None:
    """They count, and what was lost before it does not any more."""
    assembler = Assembler()
    assembler.add(_fragment(5), 0.0)
    assert _places(assembler) == []
    assembler.add(Fragment(10, 3000, False, True, b"data"), 0.0)
    assembler.add(Fragment(12, 3000, True, False, b"data"), 0.0)
    assert assembler.lacks_key
    assert _places(assembler) == [11]


def test_gaps_as_wide_as_can_be_cost_nothing() -> None:
    """Nobody can keep the server busy by leaving most numbers out: no more is looked at than is
    told."""
    assembler = Assembler()
    assembler.add(_fragment(0, is_key=True), 0.0)
    for number in range(1, 500):
        assembler.add(_fragment(number * (MAX_JUMP - 1)), 0.0001 * number)
    missing = _places(assembler)
    assert missing == list(range(1, MOST_ASKED + 1))


def test_numbers_begin_anew_in_between() -> None:
    """Sequence numbers have sixteen bits."""
    took = list[Encoded]()
    inlet = Inlet(VideoCodec.VP8, lambda: 0.0, took.append)

    def add(sequence: int, payload: bytes) -> None:
        inlet.add(inlet.fragment(sequence, sequence, is_last=True, payload=payload, data=payload))

    add(65534, KEY)
    assert inlet.asked() == []
    add(1, OTHER)
    assert inlet.asked() == [65535, 0]


def test_a_long_way_is_waited_for() -> None:
    """What comes after a round trip is still of use, up to a bound."""
    now_s, took = [0.0], list[Encoded]()
    inlet = Inlet(VideoCodec.VP8, lambda: now_s[0], took.append)
    inlet.know_round_trip(0.25)

    def add(sequence: int, at_s: float, payload: bytes = OTHER) -> bool:
        now_s[0] = at_s
        return inlet.add(
            inlet.fragment(sequence, 3000 * sequence, is_last=True, payload=payload, data=payload)
        )

    add(1, 0.0, KEY)
    add(3, 0.1)
    assert not add(4, 0.5)
    add(2, 0.55)
    assert len(took) == 4
