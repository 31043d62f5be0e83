"""Packets that are asked for until they come."""

from media.rtc.assembly import SEQUENCES, Assembler, Fragment
from media.rtc.inlet import Inlet
from media.rtc.lane import Encoded
from media.rtc.missing import ASK_AGAIN_S, MAX_ASKED, MissingPackets
from media.rtc.video_codec import VideoCodec

KEY = b"\x10\x00rest"
OTHER = b"\x10\x01rest"


def _fragment(sequence: int, *, is_key: bool = False) -> Fragment:
    return Fragment(sequence % SEQUENCES, sequence * 3000, True, is_key, b"data")


def test_a_packet_is_asked_for_again_and_again() -> None:
    """Not at once: it has just been asked for; and no longer when it has come."""
    missing = MissingPackets()
    assert missing.due([7, 9], 1.0) == []
    assert missing.due([7, 9], 1.0 + ASK_AGAIN_S / 2) == []
    assert missing.due([7, 9, 12], 1.0 + ASK_AGAIN_S) == [7, 9]
    assert missing.due([9, 12], 1.0 + 2.5 * ASK_AGAIN_S) == [9, 12]
    assert missing.due([], 2.0) == []
    assert missing.due([9], 2.0) == []


def test_no_more_are_asked_for_than_is_worth_it() -> None:
    missing = MissingPackets()
    many = list(range(1000))
    missing.due(many, 0.0)
    assert missing.due(many, 1.0) == many[:MAX_ASKED]


def test_the_assembler_knows_its_gaps() -> None:
    assembler = Assembler()
    assert assembler.missing == []
    assembler.add(_fragment(10, is_key=True), 0.0)
    assert assembler.missing == []
    assembler.add(_fragment(12), 0.0)
    assembler.add(_fragment(15), 0.0)
    assert [place % SEQUENCES for place in assembler.missing] == [11, 13, 14]
    for sequence in (13, 11, 14):
        assembler.add(_fragment(sequence), 0.0)
    assert assembler.missing == []


def test_gaps_of_a_key_frame_that_is_waited_for() -> None:
    """Its packets are as good as any others."""
    assembler = Assembler()
    assembler.add(Fragment(10, 3000, False, True, b"data"), 0.0)
    assembler.add(Fragment(12, 3000, True, False, b"data"), 0.0)
    assert assembler.lacks_key
    assert [place % SEQUENCES for place in assembler.missing] == [11]


def test_numbers_begin_anew_in_between() -> None:
    """Sequence numbers have sixteen bits."""
    now_s, took = [0.0], list[Encoded]()
    inlet = Inlet(VideoCodec.VP8, lambda: now_s[0], took.append)

    def add(sequence: int, payload: bytes) -> None:
        inlet.add(inlet.fragment(sequence, sequence, is_last=True, payload=payload, data=payload))

    add(65534, KEY)
    add(1, OTHER)
    assert inlet.asked_again() == []
    now_s[0] = 0.1
    assert inlet.asked_again() == [65535, 0]
