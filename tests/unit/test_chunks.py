"""Messages in parts: whole, in order, bounded."""

from typing import Any

import pytest

from server.chunks import Chunks
from server.errors import ClientError


def _part(index: int, count: int, text: str, message_id: str = "m") -> dict[str, Any]:
    return {"message_id": message_id, "index": index, "count": count, "text": text}


def test_parts_become_a_message() -> None:
    """The last part brings it."""
    chunks = Chunks(100)
    assert chunks.add(_part(0, 3, "a")) is None
    assert chunks.add(_part(1, 3, "b")) is None
    assert chunks.add(_part(2, 3, "c")) == "abc"
    assert chunks.add(_part(0, 1, "whole")) == "whole"


def test_a_new_message_takes_the_place_of_one_that_was_broken_off() -> None:
    """Nothing of the earlier one is left in it."""
    chunks = Chunks(100)
    chunks.add(_part(0, 3, "a"))
    chunks.add(_part(0, 2, "x", "n"))
    assert chunks.add(_part(1, 2, "y", "n")) == "xy"


@pytest.mark.parametrize(
    "parts",
    [
        [_part(1, 3, "b")],
        [_part(0, 3, "a"), _part(2, 3, "c")],
        [_part(0, 3, "a"), _part(1, 4, "b")],
        [_part(0, 3, "a"), _part(1, 3, "b", "n")],
    ],
)
def test_a_part_that_is_not_the_next(parts: list[dict[str, Any]]) -> None:
    """Told, and the message is forgotten."""
    chunks = Chunks(100)
    for part in parts[:-1]:
        chunks.add(part)
    with pytest.raises(ClientError, match="not the next one"):
        chunks.add(parts[-1])


def test_a_message_that_is_too_large() -> None:
    """By its bytes, as soon as they are too many."""
    chunks = Chunks(5)
    chunks.add(_part(0, 9, "äö"))
    with pytest.raises(ClientError, match="max_message_bytes"):
        chunks.add(_part(1, 9, "ü"))


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        _part(0, 0, "a"),
        _part(-1, 2, "a"),
        {**_part(0, 1, "a"), "index": True},
        {**_part(0, 1, "a"), "text": 5},
        {**_part(0, 1, "a"), "message_id": None},
    ],
)
def test_what_is_no_part(data: Any) -> None:
    """The field is named."""
    with pytest.raises(ClientError, match="data"):
        Chunks(100).add(data)
