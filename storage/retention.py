"""How long what is kept (report section 7.3)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

FORGOTTEN: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""The ``created_at`` of a result that was forgotten while somebody worked on it: it is over."""


@dataclass(frozen=True, slots=True)
class Horizon:
    """The moments up to which things are over.

    Uploads and results count from their ``created_at``, and styles as results; a result's photos
    from that of the result, and sessions from their ``updated_at``; one that is ``active`` is not
    over.
    """

    uploads: datetime
    results: datetime
    photos: datetime
    sessions: datetime


NowHorizon: TypeAlias = Callable[[], Horizon]
"""The horizon as it is now. Databases ask for it with every reading, so that what is over is not
there any more, whether or not it was removed."""


@dataclass(frozen=True, slots=True)
class Retention:
    """How many seconds things are kept."""

    uploads_s: float
    results_s: float
    photos_s: float
    sessions_s: float

    def horizon(self, now: datetime) -> Horizon:
        """What is over at that moment."""
        return Horizon(
            now - timedelta(seconds=self.uploads_s),
            now - timedelta(seconds=self.results_s),
            now - timedelta(seconds=self.photos_s),
            now - timedelta(seconds=self.sessions_s),
        )
