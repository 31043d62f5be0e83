"""The contract of Styles, kept by every implementation."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from storage.database import Database
from storage.errors import DataErased, KeyReused, StorageFailed
from storage.results import Erased
from storage.styles import StyleNote, StyleRecord
from tests.integration.databases import Opener, Time
from tests.integration.records import NOW, STYLE, add_style


def style(name: str, user_id: str = "ann") -> StyleRecord:
    """A style whose file is its own."""
    path = f"/uploads/style_{name}.jpg"
    return replace(STYLE, style_id=name, user_id=user_id, file_path=path)


async def test_a_style_comes_back_as_it_was(database: Database, opener: Opener) -> None:
    """Also after the database was closed and opened again. An unknown one is None, and an id is
    used once."""
    assert await database.styles.get("st1") is None
    await add_style(database, STYLE)
    with pytest.raises(StorageFailed):
        await add_style(database, replace(STYLE, user_id="bob"))
    await database.close()
    again = await opener()
    assert await again.styles.get("st1") == STYLE
    await again.close()


async def test_a_key_makes_one(database: Database) -> None:
    """The same request again finds what it made, also before it is made again; another one under
    the same key is told so. Whose file is not to come any more is told that too."""
    assert await database.styles.keyed("ann", "k", "one") is None
    keyed = replace(STYLE, idempotency_key="k", request_digest="one")
    assert await add_style(database, keyed) == keyed
    assert await database.styles.keyed("ann", "k", "one") == keyed
    assert await database.styles.keyed("bob", "k", "two") is None
    with pytest.raises(KeyReused):
        await database.styles.keyed("ann", "k", "two")
    assert await add_style(database, replace(keyed, style_id="st2")) == keyed
    assert await database.styles.get("st2") is None
    with pytest.raises(DataErased):
        await database.styles.add(style("st3"))


async def test_one_makes_a_keys_style(database: Database, opener: Opener) -> None:
    """Of many who begin at once, at two servers; until they leave, die or their user is erased. A
    note that was taken over is not taken away by whom it was taken from."""
    other, soon, late = await opener(), NOW + timedelta(seconds=9), NOW + timedelta(seconds=99)
    notes = [StyleNote(f"s{number}", "ann", "k", soon) for number in range(8)]
    servers = [database, other] * 4
    begun = await asyncio.gather(
        *(server.styles.begin(note, NOW) for server, note in zip(servers, notes, strict=True))
    )
    assert begun.count(True) == 1
    first = notes[begun.index(True)]
    assert await other.styles.begin(replace(first, user_id="bob"), NOW)
    assert await other.styles.begin(replace(first, idempotency_key="l"), NOW)
    heir = StyleNote("heir", "ann", "k", late)
    assert not await other.styles.begin(heir, NOW)
    await database.styles.renew(replace(first, due=late))
    assert not await other.styles.begin(heir, soon)
    await database.styles.renew(first)
    assert await other.styles.begin(heir, soon)
    await database.styles.renew(first)
    await database.styles.leave(first)
    assert not await database.styles.begin(first, soon)
    await other.styles.leave(heir)
    await other.styles.renew(heir)
    assert await database.styles.begin(first, NOW)
    assert await database.erase("ann", 9, NOW, NOW) == (Erased(), [])
    assert await other.styles.begin(heir, NOW)
    assert await database.styles.forget_late(soon) == 1
    assert await database.styles.forget_late(late) == 1
    await other.close()


async def test_styles_of_a_user(database: Database) -> None:
    """The latest first, counted, by offset or in pages that hold each of them once, whatever is
    added meanwhile; and nobody else's. All of everybody's are found by their ids."""
    for number in range(5):
        created_at = NOW + timedelta(seconds=number // 3)
        await add_style(database, replace(style(f"s{number}"), created_at=created_at))
    await add_style(database, style("t", user_id="bob"))
    found, total = await database.styles.of_user("ann", 2, 1)
    assert ([one.style_id for one in found], total) == (["s4", "s0"], 5)
    found, _ = await database.styles.of_user("ann", 2)
    await add_style(database, replace(style("new"), created_at=NOW + timedelta(seconds=9)))
    while len(found) < 5:
        more, total = await database.styles.of_user("ann", 2, after=found[-1].cursor)
        found, last = found + more, len(more) < 2
        assert total == 6
        assert last == (len(found) == 5)
    assert [one.style_id for one in found] == ["s3", "s4", "s0", "s1", "s2"]
    assert await database.styles.of_user("ann", 0) == ([], 6)
    first = await database.styles.page(4)
    rest = await database.styles.page(4, first[-1].style_id)
    ids = [one.style_id for one in first + rest]
    assert ids == ["new", "s0", "s1", "s2", "s3", "s4", "t"]


async def test_a_style_that_is_deleted_or_over_is_gone(database: Database, time: Time) -> None:
    """As results are: it is told no more, its key is free again, and who removes it gets the path
    of its file, which is known until it is said to be gone."""
    await add_style(database, style("a"))
    keyed = replace(style("b"), idempotency_key="k", request_digest="one")
    await add_style(database, keyed)
    assert await database.styles.delete("a", NOW) == ["/uploads/style_a.jpg"]
    assert await database.styles.delete("a", NOW) == []
    time.pass_by(2999.999)
    assert await database.styles.of_user("ann", 9) == ([keyed], 1)
    assert await database.styles.remove_expired(9, NOW) == []
    now = time.pass_by(0.001)
    assert await database.styles.get("b") is None
    assert await database.styles.of_user("ann", 9) == ([], 0)
    assert await database.styles.page(9) == []
    assert await database.styles.keyed("ann", "k", "two") is None
    paths = ["/uploads/style_a.jpg", keyed.file_path]
    assert await database.known(paths) == set(paths)
    assert await database.styles.remove_expired(9, now) == [keyed.file_path]
    assert sorted(await database.loose.claim(now, time.pass_by(1), 9)) == paths
    await database.loose.forget(paths)
    assert await database.known(paths) == set()


async def test_erasing_takes_a_users_styles(database: Database) -> None:
    """Step by step, counted, with their files' paths; nobody else's."""
    for number in range(3):
        await add_style(database, style(f"s{number}"))
    await add_style(database, style("bobs", user_id="bob"))
    erased, paths = await database.erase("ann", 2, NOW, NOW)
    assert (erased, len(paths)) == (Erased(styles=2), 2)
    await database.loose.forget(paths)
    erased, paths = await database.erase("ann", 2, NOW, NOW)
    assert (erased, len(paths)) == (Erased(styles=1), 1)
    assert await database.styles.of_user("ann", 9) == ([], 0)
    assert (await database.styles.of_user("bob", 9))[1] == 1
