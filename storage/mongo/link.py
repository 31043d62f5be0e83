"""How calls reach MongoDB: not too many at once, not for too long, whole or not at all."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final, TypeVar

import pymongo
from pymongo.errors import ExecutionTimeout

from storage.errors import StorageClosed
from storage.mongo.abandoned import end_abandoned
from storage.mongo.client import (
    Client,
    Collection,
    Collections,
    Session,
    answer_s,
    disconnect,
    failures_translated,
    places,
    reach,
)
from storage.mongo.transactions import Transactions

R = TypeVar("R")
T = TypeVar("T")

_GRACE_S: Final = 1.0
"""PyMongo keeps to its time; if it should not, it is cancelled so much later."""


class MongoLink:
    """Runs what a call of the contract asks for.

    It runs as a task of its own: a caller who is cancelled does not tear it apart, so that nothing
    is left half done, and no transaction open that others would run into. Who is cancelled while
    waiting has done nothing. All the waiting counts for the time that a call may take.
    """

    def __init__(self, client: Client, database: Collections) -> None:
        self._client = client
        self._database = database
        self._transactions = Transactions(client, database)
        self._within_s = answer_s(client)
        self._places = asyncio.Semaphore(places(client))
        # Of this process only one at a time stands at the turnstile.
        self._turn = asyncio.Lock()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._waiting: set[asyncio.Task[Any] | None] = set()
        self._closing: asyncio.Task[None] | None = None

    def collection(self, name: str) -> Collection:
        """The collection of that name."""
        return self._database[name]

    async def run(self, operation: Callable[[], Awaitable[R]], within_s: float | None = None) -> R:
        """A reading, or a change of one document; within this time, if it is a special one."""

        async def work(deadline: float) -> R:
            async with self._place(deadline):
                return await operation()

        return await self._run(work, within_s)

    async def at_once(self, operation: Callable[[Session], Awaitable[R]]) -> R:
        """Several readings, of one moment."""

        async def work(deadline: float) -> R:
            async with self._place(deadline), self._client.start_session(snapshot=True) as session:
                return await operation(session)

        return await self._run(work)

    async def change(self, operation: Callable[[Session], Awaitable[R]]) -> R:
        """A transaction. The operation may be tried several times."""

        async def work(deadline: float) -> R:
            async with self._place(deadline):
                return await self._transactions.change(operation)

        return await self._run(work)

    async def take_turn(self, operation: Callable[[Session], Awaitable[R]]) -> R:
        """A transaction; while it is under way no other takes a turn, in any process. What it
        reads stays true until it has written."""

        async def work(deadline: float) -> R:
            async with self._place(deadline, self._turn):
                return await self._transactions.turn(operation)

        return await self._run(work)

    async def seek_turn(
        self,
        find: Callable[[Session | None], Awaitable[T | None]],
        act: Callable[[Session, T], Awaitable[R]],
        nothing: R,
    ) -> R:
        """As ``take_turn``, but only if there is something to do, which is looked up before."""

        async def operation(session: Session) -> R:
            found = await find(session)
            return await act(session, found) if found else nothing

        async def work(deadline: float) -> R:
            async with self._place(deadline):
                if not await find(None):
                    return nothing
            async with self._place(deadline, self._turn):
                return await self._transactions.turn(operation)

        return await self._run(work)

    async def ask(self, within_s: float) -> None:
        """Return if the server that takes writes answers within this time."""
        await self.run(lambda: self._database.command("ping"), within_s)

    async def close(self) -> None:
        """Let everything finish, then disconnect. May be called again."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._finish())
        await asyncio.shield(self._closing)

    async def _finish(self) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks)
        await disconnect(self._client)

    async def _run(
        self, work: Callable[[float], Coroutine[Any, Any, R]], within_s: float | None = None
    ) -> R:
        if self._closing is not None:
            raise StorageClosed
        task = asyncio.create_task(self._in_time(work, within_s or self._within_s))
        self._waiting.add(task)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task in self._waiting:
                task.cancel()
            raise
        finally:
            self._waiting.discard(task)

    async def _in_time(self, work: Callable[[float], Coroutine[Any, Any, R]], within_s: float) -> R:
        deadline = asyncio.get_running_loop().time() + within_s
        with failures_translated():
            try:
                with pymongo.timeout(within_s):
                    async with asyncio.timeout_at(deadline + _GRACE_S):
                        return await work(deadline)
            except ExecutionTimeout:
                # Perhaps the document is held by a transaction that will never end.
                await end_abandoned(self._client)
                raise

    @asynccontextmanager
    async def _place(
        self, deadline: float, turn: asyncio.Lock | None = None
    ) -> AsyncIterator[None]:
        task = asyncio.current_task()
        self._waiting.add(task)
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout_at(deadline):
                    # Who waits for a turn does not take a place from those who read.
                    if turn is not None:
                        await stack.enter_async_context(turn)
                    await stack.enter_async_context(self._places)
            finally:
                self._waiting.discard(task)
            await reach(self._client)
            yield
