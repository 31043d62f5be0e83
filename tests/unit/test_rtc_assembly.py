"""Packets become frames: at the marker, in order, and after a loss with a key frame."""

import random
from collections.abc import Sequence

import pytest

from media.rtc.assembly import (
    ASK_AGAIN_S,
    MAX_FRAGMENTS,
    Assembled,
    Assembler,
    Fragment,
    Whole,
)

KEY, INTER = True, False


def packets(frames: Sequence[tuple[bool, int]], first: int = 100) -> list[Fragment]:
    """Fragments of frames, given as (is key, packets in it), 3000 ticks apart."""
    found, sequence = [], first
    for number, (is_key, count) in enumerate(frames):
        for part in range(count):
            found.append(
                Fragment(
                    sequence % 65536,
                    (number * 3000) % 2**32,
                    part == count - 1,
                    is_key and part == 0,
                    b"%d.%d;" % (number, part),
                )
            )
            sequence += 1
    return found


def feed(
    assembler: Assembler, fragments: Sequence[Fragment], now_s: float = 0.0, step_s: float = 0.001
) -> tuple[list[Whole], int]:
    """What comes of the packets, one after the other, and how often a key frame is asked for."""
    out, asked = list[Whole](), 0
    for number, one in enumerate(fragments):
        result = assembler.add(one, now_s + number * step_s)
        out += result.frames
        asked += result.wants_key
    return out, asked


def numbers(frames: Sequence[Whole]) -> list[int]:
    """The frames' places in the sequence."""
    return [frame.timestamp // 3000 for frame in frames]


def test_a_frame_comes_with_its_marker() -> None:
    """It is not kept until the next one begins."""
    a = Assembler()
    p = packets([(KEY, 3), (INTER, 1)])
    assert a.add(p[0], 0).frames == a.add(p[1], 0).frames == ()
    assert a.add(p[2], 0).frames == (Whole(0, b"0.0;0.1;0.2;", is_key=True),)
    assert a.add(p[3], 0).frames == (Whole(3000, b"1.0;"),)


def test_order_is_put_right_and_doubles_are_passed_over() -> None:
    """As a network delivers packets that went different ways."""
    p = packets([(KEY, 2), (INTER, 3), (INTER, 2)])
    got, asked = feed(Assembler(), [p[0], p[1], p[1], p[4], p[2], p[2], p[6], p[3], p[5], p[0]])
    assert numbers(got) == [0, 1, 2]
    assert got[1].data == b"1.0;1.1;1.2;"
    assert not asked


def test_a_lost_marker_costs_one_frame_of_time() -> None:
    """The next frame's first packet ends the frame before it... if only the flag is missing."""
    p = packets([(KEY, 2), (INTER, 1)])
    p[1] = Fragment(p[1].sequence, p[1].timestamp, False, False, p[1].data)
    got, _ = feed(Assembler(), p)
    assert numbers(got) == [0, 1]


def test_a_packet_that_comes_again_in_time_is_waited_for() -> None:
    """What waited behind it follows at once."""
    p = packets([(KEY, 2), (INTER, 2), (INTER, 1), (INTER, 1)])
    a = Assembler()
    got, asked = feed(a, [*p[:3], *p[4:]])
    assert numbers(got) == [0]
    assert not asked
    result = a.add(p[3], 0.1)
    assert numbers(result.frames) == [1, 2, 3]
    assert not result.wants_key


def test_what_is_lost_is_given_up_and_a_key_frame_asked_for() -> None:
    """Nothing is handed over that builds on what is missing."""
    p = packets([(KEY, 2), (INTER, 2), *[(INTER, 1)] * 20, (KEY, 2), (INTER, 1)])
    a = Assembler()
    got, asked = feed(a, [*p[:3], *p[4:24]], step_s=0.033)
    assert numbers(got) == [0]
    assert asked == 2  # in .7 s, of which it has waited for .2
    assert a.lacks_key
    got, asked = feed(a, p[24:], now_s=1.0)
    assert numbers(got) == [22, 23]
    assert not a.lacks_key


def test_the_key_frame_is_asked_for_again() -> None:
    """Twice a second, no more."""
    a = Assembler()
    p = packets([(INTER, 1)] * 100)
    _, asked = feed(a, p, step_s=0.033)
    assert asked == pytest.approx(3.3 / ASK_AGAIN_S, abs=1)


def test_silence_is_no_loss() -> None:
    """A sender that pauses in the middle of nothing is not asked for anything."""
    p = packets([(KEY, 1), (INTER, 2), (INTER, 1)])
    a = Assembler()
    feed(a, p[:2])
    assert a.add(p[2], 30.0) == Assembled((Whole(3000, b"1.0;1.1;"),))
    assert numbers(a.add(p[3], 60.0).frames) == [2]


def test_sequence_and_time_begin_anew() -> None:
    """Sequence numbers have 16 bits."""
    frames = [(KEY, 2)] + [(INTER, 1)] * 10
    got, asked = feed(Assembler(), packets(frames, first=65530))
    assert numbers(got) == list(range(11))
    assert not asked


def test_another_stream_begins_anew() -> None:
    """A jump is no gap: what was waited for will never come."""
    a = Assembler()
    feed(a, packets([(KEY, 1), (INTER, 1)], first=10))
    got, asked = feed(a, packets([(INTER, 1), (KEY, 1), (INTER, 1)], first=30000), now_s=5)
    assert numbers(got) == [1, 2]
    assert asked == 1


def test_memory_is_bounded() -> None:
    """A gap that is never filled keeps a bounded number of packets waiting."""
    a = Assembler()
    p = packets([(KEY, 1)] + [(INTER, 1)] * 1500)
    feed(a, [p[0], *p[2:]], step_s=0)
    assert len(a._waiting) <= MAX_FRAGMENTS + 1


def test_nothing_comes_out_of_order_under_loss_and_reordering() -> None:
    """Fifty random networks: whole frames, each once, in order, and most of them."""
    rng = random.Random(1)
    for seed in range(50):
        rng.seed(seed)
        p = packets(
            [(KEY if n % 15 == 0 else INTER, rng.randint(1, 4)) for n in range(120)],
            first=rng.randint(0, 65535),
        )
        timed = sorted(
            (
                (i * 0.01 + (0.02 if rng.random() < 0.1 else 0), one)
                for i, one in enumerate(p)
                if rng.random() > 0.01
            ),
            key=lambda t: t[0],
        )
        a, out = Assembler(), list[Whole]()
        for t, one in timed:
            out += a.add(one, t).frames
        got = numbers(out)
        assert got == sorted(set(got))
        parts = {n: sum(1 for q in p if q.timestamp == n * 3000) for n in range(120)}
        assert all(frame.data.count(b";") == parts[frame.timestamp // 3000] for frame in out)
        assert len(out) > 30


def test_a_key_frame_behind_a_delimiter() -> None:
    """Some encoders begin each frame with a unit that tells nothing."""
    plain = [Fragment(at, 0, at == 3, False, b"p") for at in (2, 3)]
    key = [Fragment(at, 3000, at == 6, at == 5, b"k") for at in (4, 5, 6)]
    after = Fragment(7, 6000, True, False, b"a")
    got, _ = feed(Assembler(), [*plain, *key, after])
    assert numbers(got) == [1, 2]
    assert got[0] == Whole(3000, b"kkk", is_key=True)
