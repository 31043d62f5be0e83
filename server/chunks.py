"""Messages in parts: a data channel carries no more than 64 KiB at once."""

from typing import Any

from server.errors import ClientError, ErrorCode


class Chunks:
    """Puts a client's parts together again: one message at a time, in order, and bounded."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._message_id: str | None = None
        self._parts: list[str] = []
        self._count = 0
        self._bytes = 0

    def add(self, data: Any) -> str | None:
        """Take in a part; the whole message with the last of them.

        ``data``: ``message_id`` (text), ``index`` from 0 on, ``count``, ``text``. A part with index
        0 begins a new message; what came of another is forgotten. Raises ClientError.
        """
        message_id, index, count, text = _checked(data)
        if index == 0:
            self._begin(message_id, count)
        if (message_id, index, count) != (self._message_id, len(self._parts), self._count):
            self._forget()
            raise _fault(f"part {index} of {count} of a message is not the next one")
        self._bytes += len(text.encode())
        if self._bytes > self._max_bytes:
            self._forget()
            raise _fault("the message is larger than max_message_bytes")
        self._parts.append(text)
        if len(self._parts) < self._count:
            return None
        whole = "".join(self._parts)
        self._forget()
        return whole

    def _begin(self, message_id: str, count: int) -> None:
        self._forget()
        self._message_id, self._count = message_id, count

    def _forget(self) -> None:
        self._message_id, self._count, self._bytes = None, 0, 0
        self._parts = []


def _checked(data: Any) -> tuple[str, int, int, str]:
    fields = data if isinstance(data, dict) else {}
    message_id, text = fields.get("message_id"), fields.get("text")
    index, count = fields.get("index"), fields.get("count")
    if not isinstance(message_id, str) or not isinstance(text, str) or not text:
        raise _fault('chunk needs text fields "data.message_id" and "data.text"')
    if type(index) is not int or type(count) is not int or not 0 <= index < count:
        raise _fault('chunk needs "data.index" from 0 on, below "data.count"')
    return message_id, index, count, text


def _fault(text: str) -> ClientError:
    return ClientError(ErrorCode.INVALID_MESSAGE, text)
