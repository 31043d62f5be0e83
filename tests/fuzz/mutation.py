"""Bytes and text changed at random: what a good input may have become on its way here."""

import random
import re
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

NUMBERS: Final = (
    b"0", b"-1", b"1", b"127", b"255", b"65535", b"65536", b"2147483647", b"2147483648",
    b"4294967296", b"9223372036854775808", b"18446744073709551616", b"9" * 40, b"9" * 5000,
    b"1e999", b"NaN", b"0x10", b"-0", b"1_000", "\u0663".encode(),
)  # fmt: skip
"""Where counting goes wrong; the last are digits to Python alone."""
ODD: Final = (
    b"", b"\0", b"\r\n", b"\n", b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"%00", b"../", b"\\", b'"',
    b"{", b"[" * 64, "\u202e\u0130\u2028".encode(), b" " * 64, b"A" * 4096,
)  # fmt: skip
MOST_EDITS: Final = 6
MOST_COPIED: Final = 64
_DIGITS: Final = re.compile(rb"[0-9]+")

Edit: TypeAlias = Callable[[bytearray, random.Random, Sequence[bytes]], None]


def mutated(data: bytes, rng: random.Random, words: Sequence[bytes] = ()) -> bytes:
    """The bytes after a few edits, or after none; ``words`` mean something where they are read."""
    changed = bytearray(data)
    for _ in range(rng.randint(0, MOST_EDITS)):
        rng.choice(_EDITS)(changed, rng, words)
    return bytes(changed)


def _place(data: bytearray, rng: random.Random) -> int:
    return rng.randint(0, len(data))


def _flip(data: bytearray, rng: random.Random, _: Sequence[bytes]) -> None:
    if data:
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _overwrite(data: bytearray, rng: random.Random, _: Sequence[bytes]) -> None:
    start, length = _place(data, rng), rng.randint(1, 4)
    value = rng.choice((b"\0", b"\xff", b"\x7f", b"\x80")) * length
    data[start : start + length] = value


def _insert(data: bytearray, rng: random.Random, words: Sequence[bytes]) -> None:
    at = _place(data, rng)
    data[at:at] = rng.choice((*words, *ODD, *NUMBERS))


def _replace_number(data: bytearray, rng: random.Random, _: Sequence[bytes]) -> None:
    found = list(_DIGITS.finditer(data))
    if found:
        start, stop = rng.choice(found).span()
        data[start:stop] = rng.choice(NUMBERS)


def _replace_word(data: bytearray, rng: random.Random, words: Sequence[bytes]) -> None:
    present = [word for word in words if word in data]
    if present:
        start = data.index(word := rng.choice(present))
        data[start : start + len(word)] = rng.choice((*words, *ODD))


def _remove(data: bytearray, rng: random.Random, _: Sequence[bytes]) -> None:
    start = _place(data, rng)
    del data[start : start + rng.randint(1, MOST_COPIED)]


def _repeat(data: bytearray, rng: random.Random, _: Sequence[bytes]) -> None:
    start, at = _place(data, rng), _place(data, rng)
    data[at:at] = data[start : start + rng.randint(1, MOST_COPIED)] * rng.choice((1, 1, 2, 20))


def _swap_lines(data: bytearray, rng: random.Random, _: Sequence[bytes]) -> None:
    lines = bytes(data).split(b"\n")
    one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    data[:] = b"\n".join(lines)


def _cut(data: bytearray, rng: random.Random, _: Sequence[bytes]) -> None:
    del data[_place(data, rng) :]


_EDITS: Final[tuple[Edit, ...]] = (
    _flip, _flip, _overwrite, _insert, _insert, _replace_number, _replace_word, _remove, _repeat,
    _swap_lines, _cut,
)  # fmt: skip
