"""Moments as SQLite keeps them: whole milliseconds since 1970, as fine as dates elsewhere."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def to_ms(moment: datetime) -> int:
    """An aware moment; what is finer is cut off."""
    return (moment - _EPOCH) // _MILLISECOND


def from_ms(moment_ms: int) -> datetime:
    """In UTC."""
    return _EPOCH + timedelta(milliseconds=moment_ms)
