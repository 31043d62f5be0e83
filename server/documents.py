"""A user's records, read a page at a time: there may be more of them than memory is for."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias, TypeVar

from storage.database import Database
from storage.records import ConsentRecord, SessionRecord, UploadRecord
from storage.results import Cursor, ResultRecord
from storage.spending import UsageRecord
from storage.styles import StyleRecord
from storage.tiers import UserTierRecord

PAGE: Final = 100

T = TypeVar("T")
Pages: TypeAlias = AsyncGenerator[Sequence[T], None]


@dataclass(frozen=True, slots=True)
class Documents:
    """What there is of a user, read anew each time. All raise StorageError."""

    user_id: str
    made_at: datetime
    database: Database

    async def consents(self) -> Pages[ConsentRecord]:
        """What the user has agreed to, if to anything."""
        if (found := await self.database.consents.get(self.user_id)) is not None:
            yield [found]

    async def tiers(self) -> Pages[UserTierRecord]:
        """The tier that the user was given, if any was."""
        if (found := await self.database.tiers.of_user(self.user_id)) is not None:
            yield [found]

    async def usages(self) -> Pages[UsageRecord]:
        """What the user has had done in each month that is kept, the latest first."""
        if found := await self.database.spending.usages(self.user_id):
            yield found

    async def sessions(self) -> Pages[SessionRecord]:
        """Live sessions, and those that are kept a while longer."""
        after: SessionRecord | None = None
        while found := await self.database.sessions.of_user(self.user_id, PAGE, after):
            yield found
            after = found[-1]

    async def uploads(self) -> Pages[UploadRecord]:
        """Uploads, the latest first."""
        after: UploadRecord | None = None
        while found := await self.database.uploads.of_user(self.user_id, PAGE, after):
            yield found
            after = found[-1]

    async def styles(self) -> Pages[StyleRecord]:
        """Styles, the latest first."""
        after: Cursor | None = None
        while True:
            found, _ = await self.database.styles.of_user(self.user_id, PAGE, after=after)
            if found:
                yield found
            if len(found) < PAGE:
                return
            after = found[-1].cursor

    async def results(self) -> Pages[ResultRecord]:
        """Results, the latest first."""
        after: Cursor | None = None
        while True:
            found, _ = await self.database.results.history(self.user_id, PAGE, after=after)
            if found:
                yield found
            if len(found) < PAGE:
                return
            after = Cursor.behind(found[-1])
