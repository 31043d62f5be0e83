"""Since when a WebSocket's message is unfinished."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.connections.unfinished import UnfinishedMessage

TEXT, CONTINUATION, PING = 0x1, 0x0, 0x9


def frame(
    opcode: int, payload_bytes: int, *, is_final: bool = True, has_mask: bool = True
) -> bytes:
    """A frame of zeros."""
    first, mask_bit = opcode | (0x80 if is_final else 0), 0x80 if has_mask else 0
    if payload_bytes < 126:
        head = struct.pack("!BB", first, mask_bit | payload_bytes)
    elif payload_bytes < 1 << 16:
        head = struct.pack("!BBH", first, mask_bit | 126, payload_bytes)
    else:
        head = struct.pack("!BBQ", first, mask_bit | 127, payload_bytes)
    return head + bytes(4 if has_mask else 0) + bytes(payload_bytes)


@pytest.mark.parametrize("has_mask", [True, False])
@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536, 100_000])
def test_whole_only_with_its_last_byte(size: int, *, has_mask: bool) -> None:
    """A message of any length is unfinished from its first byte to the last but one."""
    message, unfinished = frame(TEXT, size, has_mask=has_mask), UnfinishedMessage()
    unfinished.feed(message[:1], 1.0)
    unfinished.feed(message[1:-1], 2.0)
    assert unfinished.begun_s == 1.0
    unfinished.feed(message[-1:], 3.0)
    assert unfinished.begun_s is None


def test_fragments_and_pings() -> None:
    """A message in fragments is as old as its first; pings between them do not renew it."""
    unfinished = UnfinishedMessage()
    unfinished.feed(frame(TEXT, 1, is_final=False), 1.0)
    for now_s in (2.0, 3.0):
        unfinished.feed(frame(PING, 3) + frame(CONTINUATION, 0, is_final=False), now_s)
        assert unfinished.begun_s == 1.0
    unfinished.feed(frame(CONTINUATION, 5), 4.0)
    assert unfinished.begun_s is None


def test_control_frame_that_dribbles() -> None:
    """A ping is a message too while it comes."""
    unfinished = UnfinishedMessage()
    for now_s, byte in enumerate(frame(PING, 9)[:-1]):
        unfinished.feed(bytes([byte]), now_s)
    assert unfinished.begun_s == 0


@given(
    messages=st.lists(st.tuples(st.sampled_from([TEXT, PING]), st.integers(0, 300)), max_size=6),
    rest=st.binary(max_size=1),
    step=st.integers(1, 50),
)
def test_however_it_is_cut(messages: list[tuple[int, int]], rest: bytes, step: int) -> None:
    """Pieces of any size come to the same: nothing is unfinished but what follows."""
    unfinished = UnfinishedMessage()
    wire = b"".join(
        frame(opcode, size if opcode == TEXT else size % 126) for opcode, size in messages
    )
    for at in range(0, len(wire), step):
        unfinished.feed(wire[at : at + step], 1.0)
    assert unfinished.begun_s is None
    unfinished.feed(rest, 2.0)
    assert unfinished.begun_s == (2.0 if rest else None)
