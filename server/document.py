"""A session's document: what of a connection is kept, on top of what earlier ones left."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from processing.ledger import Figures
from server.wardrobe import Wardrobe
from storage.records import SessionRecord, SessionStatus

SIGN_OF_LIFE: Final = timedelta(seconds=5)
"""No longer is a live session's document left as it is; see ``caretaker.SILENT_S``."""


class SessionDocument:
    """Writes one session's records (report section 5.1), counting on across connections."""

    def __init__(self, session_id: str, user_id: str, connected_at: datetime) -> None:
        self.session_id = session_id
        self.user_id = user_id
        self.connected_at = connected_at
        self._before: SessionRecord | None = None
        self._told: SessionRecord | None = None

    def resume(self, before: SessionRecord) -> None:
        """Count on from the record that an earlier connection left."""
        self._before = before

    def record(
        self,
        status: SessionStatus,
        figures: Figures,
        wardrobe: Wardrobe,
        *,
        active_at: datetime,
        now: datetime,
    ) -> SessionRecord:
        """The session as it stands."""
        before, look = self._before, wardrobe.look
        return SessionRecord(
            session_id=self.session_id,
            user_id=self.user_id,
            style_image_data=wardrobe.style_key,
            color_image_data=wardrobe.color_key,
            look=look.values().model_dump() if look else None,
            connected_at=self.connected_at,
            last_activity=active_at,
            frames_processed=figures.delivered + (before.frames_processed if before else 0),
            average_latency_ms=self._average_latency_ms(figures),
            dropped_frames=figures.dropped_total + (before.dropped_frames if before else 0),
            status=status,
            created_at=before.created_at if before else self.connected_at,
            updated_at=now,
        )

    def is_news(self, record: SessionRecord) -> bool:
        """Whether it says more than the last one that was news, or a sign of life is due: of a
        client that does nothing there is nothing to write each second."""
        last = self._told
        is_news = (
            last is None
            or replace(last, updated_at=record.updated_at) != record
            # A clock that was set back must not keep a live session silent.
            or not timedelta() <= record.updated_at - last.updated_at < SIGN_OF_LIFE
        )
        if is_news:
            self._told = record
        return is_news

    def _average_latency_ms(self, figures: Figures) -> float:
        """The mean over all of the session's connections."""
        before = self._before
        if before is None or before.frames_processed + figures.delivered == 0:
            return figures.average_latency_ms
        earlier, now = before.frames_processed, figures.delivered
        total_ms = before.average_latency_ms * earlier + figures.average_latency_ms * now
        return total_ms / (earlier + now)
