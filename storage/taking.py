"""Bytes that are taken one portion after the other."""

from collections.abc import Callable
from typing import TypeAlias

Take: TypeAlias = Callable[[int], memoryview]
"""The next so many bytes, fewer where they end before. They are gone when it is called again."""


def taking(data: bytes | memoryview) -> Take:
    """Takes from what is in memory."""
    view, at = memoryview(data), 0

    def take(size_bytes: int) -> memoryview:
        nonlocal at
        begin, at = at, at + size_bytes
        return view[begin:at]

    return take
