"""Transactions in MongoDB, and turns: transactions of which only one is under way at a time."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import pymongo
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from storage.mongo.abandoned import end_abandoned
from storage.mongo.client import MAJORITY, Client, Collections, Session

R = TypeVar("R")

_TURNSTILE: Final = {"_id": "queue"}
_PASSED: Final = {"$inc": {"turns": 1}}
_STUCK_S: Final = 2.0
"""Who has waited for others for so long looks for a transaction that was abandoned."""
_PAUSE_S: Final = 0.05
"""At most so long somebody waits whose transaction ran into another one."""


class Transactions:
    """Begins, commits and repeats them, within the time that PyMongo's timeout leaves.

    (``with_transaction`` of PyMongo does so too, but of two that run into each other again and
    again it lets one wait ever longer.)
    """

    def __init__(self, client: Client, database: Collections) -> None:
        self._client = client
        self._turnstile = database["state"]
        # To be told that a turn has ended nothing needs to survive.
        self._unsafe_turnstile = self._turnstile.with_options(write_concern=WriteConcern(1))

    async def change(self, operation: Callable[[Session], Awaitable[R]]) -> R:
        """All that the operation writes, or nothing. It may be tried several times."""
        return await self._repeat(operation, _pause)

    async def turn(self, operation: Callable[[Session], Awaitable[R]]) -> R:
        """As ``change``; what the operation reads stays true until it has written."""

        async def pass_turnstile(session: Session) -> R:
            # Of two transactions that write one document, only one can be committed.
            await self._turnstile.update_one(_TURNSTILE, _PASSED, upsert=True, session=session)
            return await operation(session)

        return await self._repeat(pass_turnstile, self._wait_for_turn)

    async def _repeat(
        self,
        operation: Callable[[Session], Awaitable[R]],
        wait: Callable[[], Awaitable[None]],
    ) -> R:
        loop = asyncio.get_running_loop()
        looked_at = loop.time()
        async with self._client.start_session(causal_consistency=False) as session:
            while True:
                try:
                    return await _transaction(session, operation)
                except PyMongoError as error:
                    # With this label it left no trace.
                    if error.timeout or not error.has_error_label("TransientTransactionError"):
                        raise
                await wait()
                if loop.time() - looked_at > _STUCK_S:
                    await end_abandoned(self._client)
                    looked_at = loop.time()

    async def _wait_for_turn(self) -> None:
        """Until nobody is behind the turnstile."""
        try:
            with pymongo.timeout(_STUCK_S):
                # Where a transaction fails at once, this waits for the one that is in its way.
                await self._unsafe_turnstile.update_one(_TURNSTILE, _PASSED, upsert=True)
        except PyMongoError as error:
            if not error.timeout:
                raise


async def _transaction(session: Session, operation: Callable[[Session], Awaitable[R]]) -> R:
    async with await session.start_transaction(ReadConcern("snapshot"), MAJORITY):
        outcome = await operation(session)
        # Here, not at the end of the block: there a failure to commit would count for the last.
        await _commit(session)
    return outcome


async def _commit(session: Session) -> None:
    """Until it is known whether it is committed: a repeated commit changes nothing."""
    while True:
        try:
            return await session.commit_transaction()
        except PyMongoError as error:
            is_unknown = error.has_error_label("UnknownTransactionCommitResult")
            if error.timeout or not is_unknown:
                raise
        await _pause()


async def _pause() -> None:
    await asyncio.sleep(random.uniform(0, _PAUSE_S))  # noqa: S311
