"""Follows a WebSocket's incoming bytes by the heads of their frames (RFC 6455, section 5.2), to
know since when a message is unfinished. Pure: what is in the frames is the parser's matter."""

from typing import Final

FINAL: Final = 0x80
CONTROL: Final = 0x08
MASKED: Final = 0x80
LENGTH: Final = 0x7F
LENGTH_BYTES: Final = {126: 2, 127: 8}
HEAD_BYTES, MASK_BYTES = 2, 4


class UnfinishedMessage:
    """``begun_s`` is when the message began that is not whole yet; None between messages.

    A control frame counts while it is unfinished itself. Between the fragments of a message it
    changes nothing, so that no ping makes a message younger.
    """

    def __init__(self) -> None:
        self.begun_s: float | None = None
        self._head = bytearray()
        self._payload_bytes = 0
        self._is_fragmented = False

    def feed(self, data: bytes, now_s: float) -> None:
        """What came in."""
        at, end = 0, len(data)
        while at < end:
            if self.begun_s is None:
                self.begun_s = now_s
            if self._payload_bytes:
                taken = min(self._payload_bytes, end - at)
                self._payload_bytes -= taken
                at += taken
            else:
                at = self._read_head(data, at)
            if not self._payload_bytes and len(self._head) == self._head_bytes():
                self._end_frame()

    def _read_head(self, data: bytes, at: int) -> int:
        """Where the bytes go on that are no head any more, or not known to be."""
        wanted = self._head_bytes() - len(self._head)
        self._head += data[at : at + wanted]
        head_bytes = self._head_bytes()
        if len(self._head) == head_bytes and head_bytes >= HEAD_BYTES:
            self._payload_bytes = self._announced()
        return min(at + wanted, len(data))

    def _head_bytes(self) -> int:
        """How long the head is, as far as it is known."""
        if len(self._head) < HEAD_BYTES:
            return HEAD_BYTES
        mask_bytes = MASK_BYTES if self._head[1] & MASKED else 0
        return HEAD_BYTES + LENGTH_BYTES.get(self._head[1] & LENGTH, 0) + mask_bytes

    def _announced(self) -> int:
        """The length of the payload, in bytes."""
        length = self._head[1] & LENGTH
        if length in LENGTH_BYTES:
            return int.from_bytes(self._head[HEAD_BYTES : HEAD_BYTES + LENGTH_BYTES[length]])
        return length

    def _end_frame(self) -> None:
        if not self._head[0] & CONTROL:
            self._is_fragmented = not self._head[0] & FINAL
        self._head.clear()
        if not self._is_fragmented:
            self.begun_s = None
