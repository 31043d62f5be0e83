"""What an erasure found."""

from dataclasses import dataclass

from storage.results import Erased


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What there was of a user."""

    records: Erased
    files: int
    live_sessions: int
    jobs: int
    cache_entries: int
