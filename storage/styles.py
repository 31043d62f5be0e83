"""Styles: photos of somebody with other hair, made from a user's words, to be taken over."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from storage.records import require_aware
from storage.results import Cursor


@dataclass(frozen=True, slots=True, kw_only=True)
class StyleRecord:
    """A style: the words that its user gave, and where the photo is kept among the files.

    ``aspect`` is width by height as in ``4:5``, ``model`` who made it (``owner/name``).
    ``request_digest`` tells whether an ``idempotency_key`` comes with the same request again.

    Raises ValueError if the moment is naive.
    """

    style_id: str
    user_id: str
    prompt: str
    aspect: str
    model: str
    file_path: str
    created_at: datetime
    idempotency_key: str | None = None
    request_digest: str | None = None

    def __post_init__(self) -> None:
        require_aware("created_at", self.created_at)

    @property
    def cursor(self) -> Cursor:
        """The place behind it in a list."""
        return Cursor(self.created_at, self.style_id)


@dataclass(frozen=True, slots=True)
class StyleNote:
    """The style of this id is being made, under its user's idempotency key; ``due`` it is not any
    more, as whoever did has died. Raises ValueError if the moment is naive."""

    style_id: str
    user_id: str
    idempotency_key: str
    due: datetime

    def __post_init__(self) -> None:
        require_aware("due", self.due)


class Styles(Protocol):
    """Users' styles. See Database."""

    async def begin(self, note: StyleNote, now: datetime) -> bool:
        """Note that a style is being made; False if the user's key is noted for another one that is
        not due ``now``, at whichever server. No two callers get True. It goes with the user's
        erasure."""
        ...

    async def renew(self, note: StyleNote) -> None:
        """It is still being made, and due when the note says so. Nothing of who has left, or was
        taken over."""
        ...

    async def leave(self, note: StyleNote) -> None:
        """It is made, or is not."""
        ...

    async def forget_late(self, now: datetime) -> int:
        """Forget the notes that are due; how many there were."""
        ...

    async def add(self, record: StyleRecord) -> StyleRecord:
        """Insert a new style, and return it; as Uploads.add where it has an idempotency key. Its
        file is loose no more. Raises as Uploads.add."""
        ...

    async def keyed(self, user_id: str, key: str, digest: str) -> StyleRecord | None:
        """The style that the same request has made under this idempotency key, None if there is
        none. Raises KeyReused if another request has."""
        ...

    async def get(self, style_id: str) -> StyleRecord | None:
        """The style's record, None if there is none."""
        ...

    async def of_user(
        self, user_id: str, limit: int, offset: int = 0, after: Cursor | None = None
    ) -> tuple[list[StyleRecord], int]:
        """A user's styles, the latest first, and how many there are in all; in pages as of
        Results.history."""
        ...

    async def delete(self, style_id: str, due: datetime) -> list[str]:
        """Forget the style, if it is there; the path of its file. See Loose."""
        ...

    async def remove_expired(self, limit: int, due: datetime) -> list[str]:
        """Delete styles that are over, at most so many; the paths of their files. See Loose."""
        ...

    async def page(self, limit: int, after: str = "") -> list[StyleRecord]:
        """Styles in the order of their ids, those behind this one; for looking through all."""
        ...
