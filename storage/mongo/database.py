"""The database of several servers: MongoDB."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from storage.aliases import NO_ALIASES, Aliases
from storage.mongo.client import check_suitable, connect, database_of, disconnect
from storage.mongo.consents import MongoConsents
from storage.mongo.erase import erase
from storage.mongo.known import known
from storage.mongo.link import MongoLink
from storage.mongo.loose import MongoLoose
from storage.mongo.results import MongoResults
from storage.mongo.schema import MIGRATIONS, migrate
from storage.mongo.sessions import MongoSessions
from storage.mongo.spending import MongoSpending
from storage.mongo.styles import MongoStyles
from storage.mongo.tiers import MongoTiers
from storage.mongo.uploads import MongoUploads
from storage.results import Erased
from storage.retention import NowHorizon

_PING_S: Final = 2.0


class MongoDatabase:
    """Keeps the contract of Database in MongoDB, for any number of processes.

    What has been acknowledged is in the journals of most of the servers. A server that does not
    answer is told within seconds, to all who ask; when it is back, calls succeed by themselves.
    """

    def __init__(self, link: MongoLink, horizon: NowHorizon, aliases: Aliases) -> None:
        """Use ``open`` instead: the schema has to be there."""
        self._link = link
        self._aliases = aliases
        self.sessions = MongoSessions(link, horizon)
        self.uploads = MongoUploads(link, horizon)
        self.results = MongoResults(link, horizon, aliases)
        self.styles = MongoStyles(link, horizon)
        self.consents = MongoConsents(link)
        self.spending = MongoSpending(link, aliases)
        self.tiers = MongoTiers(link, aliases)
        self.loose = MongoLoose(link)

    @classmethod
    async def open(
        cls, uri: str, horizon: NowHorizon, aliases: Aliases = NO_ALIASES
    ) -> "MongoDatabase":
        """Connect to the servers at this address, and bring the schema up to date.

        The path of the address names the database, ``hair_tryon`` if there is none. Its options
        count, but for those on which the contract rests (the concerns, and where to read). Any
        number of processes may open it at once.

        Raises StorageNewer if the schema is newer than this code (it is left as it is),
        StorageUnsuitable if this is no replica set or older than MongoDB 5.0, and StorageFailed
        if the address is none, or no server answers within seconds.
        """
        client = connect(uri)
        try:
            await check_suitable(client)
            database = database_of(client)
            await migrate(database, MIGRATIONS)
        except BaseException:
            await disconnect(client)
            raise
        return cls(MongoLink(client, database), horizon, aliases)

    async def erase(
        self, user_id: str, limit: int, now: datetime, due: datetime
    ) -> tuple[Erased, list[str]]:
        """See Database."""
        return await erase(self._link, user_id, limit, now=now, due=due, aliases=self._aliases)

    async def scrub(self) -> None:
        """See Database. Here there is nothing to do: MongoDB cannot be told to overwrite.

        What was deleted stays in the servers' journals until their next checkpoint (a minute), in
        their log of operations (``local.oplog.rs``) until newer ones have taken its place, and in
        the free space of their files until it is used again. Whoever runs them bounds the size of
        that log, and encrypts the disks.
        """
        await self._link.ask(_PING_S)

    async def known(self, paths: Sequence[str]) -> set[str]:
        """See Database."""
        return await known(self._link, paths)

    async def close(self) -> None:
        """See Database."""
        await self._link.close()
