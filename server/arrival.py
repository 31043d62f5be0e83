"""A film on its way in, which an erasure of its user finds though it has no record yet."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from aiohttp import web

from server.erased_lately import ErasedLately
from server.identity import data_erased
from server.ids import USER_ID
from server.keys import ERASER, SERVICES
from storage.addresses import address_of
from storage.files import new_name
from storage.keeper import Keeper


class Arrival:
    """Has a place among the files, which is noted as soon as it is known whose the film is."""

    def __init__(
        self, keeper: Keeper, lately: ErasedLately, begun_s: float, stack: AsyncExitStack
    ) -> None:
        self.path = address_of(new_name("upload", ""))
        self._keeper = keeper
        self._lately = lately
        self._begun_s = begun_s
        self._stack = stack
        self._is_noted = False

    async def fields_came(self, fields: Mapping[str, object]) -> None:
        """What the form has said before the film. Raises as ``belongs_to``."""
        user_id = fields.get("user_id")
        if isinstance(user_id, str) and USER_ID.fullmatch(user_id):
            await self.belongs_to(user_id)

    async def belongs_to(self, user_id: str) -> None:
        """It is this user's. Raises RequestRefused (409) if the user was erased since the film
        began to come, and StorageError."""
        if self._is_noted:
            return
        await self._stack.enter_async_context(self._keeper.coming([self.path], user_id))
        self._is_noted = True
        # Whoever erases from now on finds what was noted.
        if self._lately.has(user_id, self._begun_s):
            raise data_erased()


@asynccontextmanager
async def arriving(request: web.Request) -> AsyncIterator[Arrival]:
    """A film that comes with this request. If it has no record when the block is left, nothing
    stays of it."""
    services, lately = request.app[SERVICES], request.app[ERASER].lately
    async with AsyncExitStack() as stack:
        yield Arrival(services.keeper, lately, services.clock.monotonic(), stack)
