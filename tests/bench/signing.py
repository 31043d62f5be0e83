"""Whether the time to refuse a signature tells how much of it was right."""

import gc
import random
import time
from dataclasses import replace
from statistics import median
from typing import Final
from unittest.mock import patch

from multidict import CIMultiDict

from media.clock import SystemClock
from server.doors.refusals import NotLetIn
from server.doors.signing import NONCE_S, RequestSigning, Signed, SigningKey
from server.doors.uses import OwnUses
from tests.bench.figures import Point, clipped, trend
from tests.bench.scenarios import Options
from tests.bench.table import table, verdict
from tests.signing import SECRET, signed

SAMPLES: Final = 10_000
LETTERS: Final = 64
METHOD, TARGET = "GET", "/api/hair-tryOn/history/salon"
MOST_T: Final = 3.0
MOST_SHARE: Final = 0.01
CLIPPED_SHARE: Final = 0.95
Z_95: Final = 1.96


def signing(_: Options) -> str:
    """10,000 wrong signatures, each right in its first letters, from none to 63; and the same
    with a comparison that ends at the first wrong letter, which has to be found out."""
    row, has_trend = _judged("as it is", _points())
    with patch("hmac.compare_digest", _letter_by_letter):
        other, is_found = _judged("letter by letter", _points())
    heads = ("compared", "median, ns", "ns a letter", "95 %", "t", "over all letters")
    claim = f"no trend: |t| below {MOST_T:g}, or below {MOST_SHARE:.0%} over all letters"
    return "\n".join([
        table(heads, [row, other]),
        verdict(not has_trend, claim),
        verdict(is_found, "a comparison that has one is found out"),
    ])  # fmt: skip


def _judged(name: str, points: list[Point]) -> tuple[tuple[str, ...], bool]:
    """A row of the table, and whether the time goes with the letters that were right."""
    typical_ns = median(took_ns for _, took_ns in points)
    slope_ns, error_ns = trend(clipped(points, CLIPPED_SHARE))
    share, t = abs(slope_ns) * LETTERS / typical_ns, slope_ns / error_ns
    ends = (f"{slope_ns + sign * Z_95 * error_ns:+.2f}" for sign in (-1, 1))
    row = (name, f"{typical_ns:.0f}", f"{slope_ns:+.2f}", " to ".join(ends), f"{t:+.1f}",
           f"{share:.1%}")  # fmt: skip
    return row, abs(t) >= MOST_T and share >= MOST_SHARE


def _points() -> list[Point]:
    """How many letters were right, and the nanoseconds until it was refused; in random order."""
    clock = SystemClock()
    door = RequestSigning({"salon": SigningKey((SECRET.encode(),), OwnUses(clock, NONCE_S))}, clock)
    right = Signed.read(CIMultiDict(signed(METHOD, TARGET)), has_body=False)
    asked = [_wrong(right, random.randrange(LETTERS)) for _ in range(SAMPLES)]
    gc.collect()
    gc.disable()
    try:
        return [(count, _took_ns(door, one)) for count, one in asked]
    finally:
        gc.enable()


def _wrong(right: Signed, count: int) -> tuple[int, Signed]:
    """A signature that is right in so many letters."""
    version, _, letters = right.signature.partition("=")
    others = random.choices("0123456789abcdef", k=LETTERS)
    others[count] = "0" if letters[count] != "0" else "1"
    text = letters[:count] + "".join(others[count:])
    return count, replace(right, signature=f"{version}={text}")


def _took_ns(door: RequestSigning, one: Signed) -> int:
    began_ns = time.perf_counter_ns()
    try:
        door.check(one, METHOD, TARGET)
    except NotLetIn:
        return time.perf_counter_ns() - began_ns
    raise AssertionError("a wrong signature was taken")


def _letter_by_letter(one: str, other: str) -> bool:
    return all(mine == theirs for mine, theirs in zip(one, other, strict=True))
