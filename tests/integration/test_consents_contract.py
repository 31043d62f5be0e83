"""The contract of Consents, kept by every implementation."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from storage.database import Database
from storage.results import Erased
from tests.integration.databases import Opener, Time
from tests.integration.records import CONSENT, NOW, RECORD


async def test_a_consent_comes_back_as_it_was(
    database: Database, opener: Opener, time: Time
) -> None:
    """Also after the database was closed and opened again, however long it is since; of others
    there is none."""
    assert await database.consents.get("ann") is None
    assert await database.consents.put(CONSENT) == CONSENT
    time.pass_by(10 * 365 * 86_400)
    await database.close()
    again = await opener()
    assert await again.consents.get("ann") == CONSENT
    assert await again.consents.get("bob") is None
    await again.close()


async def test_what_was_said_last_stands(database: Database) -> None:
    """When anything was first agreed to stays, also of many who say so at once."""
    later = NOW + timedelta(seconds=9)
    again = replace(CONSENT, cloud=True, notice="newer", given_at=later, updated_at=later)
    await database.consents.put(CONSENT)
    expected = replace(again, given_at=CONSENT.given_at)
    said = await asyncio.gather(*(database.consents.put(again) for _ in range(8)))
    assert said == [expected] * 8
    assert await database.consents.get("ann") == expected
    bobs = replace(again, user_id="bob")
    assert await database.consents.put(bobs) == bobs


async def test_an_erasure_takes_the_consent(database: Database) -> None:
    """Where there is nothing else, too, and before all the rest is done; nobody else's."""
    for user_id in ("ann", "eve", "bob"):
        await database.consents.put(replace(CONSENT, user_id=user_id))
    for number in range(3):
        await database.sessions.begin(replace(RECORD, session_id=f"s{number}"))
    assert await database.erase("ann", 2, NOW, NOW) == (Erased(sessions=2), [])
    assert await database.erase("eve", 2, NOW, NOW) == (Erased(), [])
    assert await database.consents.get("ann") is None
    assert await database.consents.get("eve") is None
    assert await database.consents.get("bob") is not None
