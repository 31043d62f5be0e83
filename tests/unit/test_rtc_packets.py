"""What a packet tells of its frame, and how frames wait for the decoder. Pure."""

from itertools import pairwise

import pytest

from media.rtc.inlet import TIMESTAMPS, Inlet
from media.rtc.keyframes import begins_key_frame
from media.rtc.lane import MAX_BYTES, MAX_FRAMES, DecoderLane, Encoded
from media.rtc.video_codec import VideoCodec

KEY_VP8 = bytes([0x10, 0x00])
INTER_VP8 = bytes([0x10, 0x01])


@pytest.mark.parametrize(
    ("payload", "begins"),
    [
        (b"", False),
        (b"\x10", False),
        (KEY_VP8, True),
        (INTER_VP8, False),
        (b"\x00\x00", False),  # not the first packet of its partition
        (b"\x11\x00", False),  # the second partition
        (b"\x90\x80\x05\x00", True),  # a short picture id
        (b"\x90\x80\x85\x05\x00", True),  # a long one
        (b"\x90\x80\x85\x05\x01", False),
        (b"\x90\xe0\x85\x05\x07\x40\x00", True),  # and level and layer
        (b"\x90", False),
    ],
)
def test_vp8_key_frames(payload: bytes, begins: bool) -> None:
    """Behind the payload descriptor, whatever it holds, stands the frame's kind."""
    assert begins_key_frame(VideoCodec.VP8, payload) is begins


@pytest.mark.parametrize(
    ("payload", "begins"),
    [
        (b"", False),
        (b"\x67\x42", True),  # parameters
        (b"\x65\x88", True),  # a key frame's slice by itself
        (b"\x61\x88", False),
        (b"\x78\x00\x09\x67\x42", True),  # several units at once
        (b"\x78\x00\x02\x61\x42", False),
        (b"\x78\x00\x02\x09\x10\x00\x02\x67\x42", True),  # behind a delimiter
        (b"\x7c\x85\x00", True),  # the first fragment of a key frame's slice
        (b"\x7c\x05\x00", False),  # a later one
        (b"\x7c", False),
        (b"\x78\x00", False),
    ],
)
def test_h264_key_frames(payload: bytes, begins: bool) -> None:
    """Parameter sets or an IDR slice, alone, aggregated or in fragments."""
    assert begins_key_frame(VideoCodec.H264, payload) is begins


def _inlet(took: list[Encoded]) -> Inlet:
    return Inlet(VideoCodec.VP8, lambda: 0.0, took.append)


def _packet(inlet: Inlet, sequence: int, timestamp: int, payload: bytes = KEY_VP8) -> bool:
    fragment = inlet.fragment(sequence, timestamp, is_last=True, payload=payload, data=b"x")
    return inlet.add(fragment)


def test_timestamps_go_on_for_ever() -> None:
    """RTP's begin anew after 13 hours; a stream that begins anew counts on."""
    took: list[Encoded] = []
    inlet = _inlet(took)
    for sequence, timestamp in enumerate([TIMESTAMPS - 3000, 0, 3000]):
        _packet(inlet, sequence, timestamp)
    steps = [after.timestamp - before.timestamp for before, after in pairwise(took)]
    assert steps == [3000, 3000]
    for sequence, timestamp in enumerate([77, 3077]):
        _packet(inlet, 30_000 + sequence, timestamp)
    steps = [after.timestamp - before.timestamp for before, after in pairwise(took[-3:])]
    assert steps == [3000, 3000]


def test_padding_is_no_frame() -> None:
    """A packet without anything in it, as senders use them to measure the way."""
    took: list[Encoded] = []
    inlet = _inlet(took)
    _packet(inlet, 1, 0)
    inlet.add(inlet.fragment(2, 0, is_last=True, payload=b"", data=b""))
    _packet(inlet, 3, 3000)
    assert [frame.data for frame in took] == [b"x", b"x"]


def test_a_key_frame_is_asked_for_after_a_loss() -> None:
    """What the decoder can not use is not handed over."""
    took: list[Encoded] = []
    inlet = _inlet(took)
    assert not _packet(inlet, 1, 0)
    inlet.lose_key()
    assert _packet(inlet, 2, 3000, INTER_VP8)
    assert len(took) == 1
    assert not _packet(inlet, 3, 6000)
    assert len(took) == 2


def test_the_lane_gives_all_frames_up_to_one() -> None:
    """Those that were dropped in between are decoded on the way."""
    lane = DecoderLane()
    for number in range(5):
        assert lane.put(Encoded(number * 3000, b"x"))
    assert [frame.timestamp for frame in lane.take_until(6000)] == [0, 3000, 6000]
    assert lane.take_until(6000) == []
    assert len(lane) == 2


@pytest.mark.parametrize(("size", "fits"), [(1, MAX_FRAMES), (MAX_BYTES // 4, 4)])
def test_the_lane_is_bounded(size: int, fits: int) -> None:
    """In frames and in bytes; what is too much is all given up, since the decoder needs it all."""
    lane = DecoderLane()
    for number in range(fits):
        assert lane.put(Encoded(number, b"x" * size))
    assert not lane.put(Encoded(fits, b"x" * size))
    assert len(lane) == 0
    assert not lane.put(Encoded(fits + 1, b"x"))
    assert lane.put(Encoded(fits + 2, b"x", is_key=True))
    assert lane.put(Encoded(fits + 3, b"x"))
