"""Moments as whole milliseconds since 1970: numbers, and as fine as dates are in any database."""

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


def to_ms(moment: datetime) -> int:
    """An aware moment; what is finer is cut off."""
    return (moment - _EPOCH) // _MILLISECOND


def from_ms(moment_ms: int) -> datetime:
    """In UTC."""
    return _EPOCH + timedelta(milliseconds=moment_ms)
