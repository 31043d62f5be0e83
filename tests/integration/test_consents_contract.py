"""The contract of Consents, kept by every implementation."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from storage.database import Database
from storage.errors import DataErased
from storage.results import Erased
from tests.integration.databases import Opener, Time
from tests.integration.records import CONSENT, NEVER, NOW, RECORD, add_consent


async def test_a_consent_comes_back_as_it_was(
    database: Database, opener: Opener, time: Time
) -> None:
    """Also after the database was closed and opened again, however long it is since; of others
    there is none."""
    assert await database.consents.get("ann") is None
    assert await add_consent(database, CONSENT) == CONSENT
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
    await add_consent(database, CONSENT)
    expected = replace(again, given_at=CONSENT.given_at)
    said = await asyncio.gather(*(add_consent(database, again) for _ in range(8)))
    assert said == [expected] * 8
    assert await database.consents.get("ann") == expected
    bobs = replace(again, user_id="bob")
    assert await add_consent(database, bobs) == bobs


async def test_an_erasure_takes_the_consent(database: Database) -> None:
    """Where there is nothing else, too, and before all the rest is done; nobody else's."""
    for user_id in ("ann", "eve", "bob"):
        await add_consent(database, replace(CONSENT, user_id=user_id))
    for number in range(3):
        await database.sessions.begin(replace(RECORD, session_id=f"s{number}"))
    assert await database.erase("ann", 2, NOW, NOW) == (Erased(sessions=2), [])
    assert await database.erase("eve", 2, NOW, NOW) == (Erased(), [])
    assert await database.consents.get("ann") is None
    assert await database.consents.get("eve") is None
    assert await database.consents.get("bob") is not None


async def test_a_consent_is_put_once_and_by_its_user(database: Database) -> None:
    """By what was noted; nothing is changed otherwise."""
    anns, bobs = [await database.consents.note(user_id, NEVER) for user_id in ("ann", "bob")]
    await database.consents.put(CONSENT, anns)
    for consent_id in (anns, bobs, "another"):
        with pytest.raises(DataErased):
            await database.consents.put(replace(CONSENT, cloud=True), consent_id)
    assert await database.consents.get("ann") == CONSENT
    await database.consents.put(replace(CONSENT, user_id="bob"), bobs)


async def test_an_erasure_takes_what_is_coming(database: Database) -> None:
    """What was said before is not put after it, also where there is nothing else to erase; what is
    said later is, and what others say."""
    before, bobs = [await database.consents.note(user_id, NEVER) for user_id in ("ann", "bob")]
    assert await database.erase("ann", 2, NOW, NOW) == (Erased(), [])
    with pytest.raises(DataErased):
        await database.consents.put(CONSENT, before)
    assert await database.consents.get("ann") is None
    assert await add_consent(database, CONSENT) == CONSENT
    await database.consents.put(replace(CONSENT, user_id="bob"), bobs)


async def test_an_erasure_and_what_is_put_at_once(database: Database, opener: Opener) -> None:
    """The erasure has the last word, whoever is faster."""
    other = await opener()
    for number in range(12):
        ids = [await other.consents.note("ann", NEVER) for _ in range(3)]
        putting = [database.consents.put(CONSENT, consent_id) for consent_id in ids]
        erasing = other.erase("ann", 2, NOW, NOW)
        calls = [*putting[: number % 4], erasing, *putting[number % 4 :]]
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        faults = [one for one in outcomes if isinstance(one, BaseException)]
        assert {type(one) for one in faults} <= {DataErased}
        assert await database.consents.get("ann") is None
    await other.close()


async def test_what_does_not_come_is_forgotten(database: Database) -> None:
    """When it is due, and not before."""
    early, late = [await database.consents.note("ann", NOW + timedelta(seconds=s)) for s in (9, 99)]
    assert await database.consents.forget_late(NOW + timedelta(seconds=8)) == 0
    assert await database.consents.forget_late(NOW + timedelta(seconds=9)) == 1
    with pytest.raises(DataErased):
        await database.consents.put(CONSENT, early)
    await database.consents.put(CONSENT, late)
