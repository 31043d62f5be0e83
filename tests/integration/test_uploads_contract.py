"""The contract of Uploads, kept by every implementation."""

from dataclasses import replace
from datetime import timedelta

import pytest

from storage.database import Database
from storage.errors import KeyReused, StorageFailed
from storage.records import UploadRecord, UploadStatus
from tests.integration.databases import Opener, Time
from tests.integration.records import NOW, UPLOAD, add_upload


async def test_an_upload_comes_back_as_it_was(database: Database, opener: Opener) -> None:
    """Also after the database was closed and opened again."""
    await add_upload(database, UPLOAD)
    assert await database.uploads.get("up1") == UPLOAD
    await database.close()
    again = await opener()
    assert await again.uploads.get("up1") == UPLOAD
    await again.close()


async def test_unknown_upload_is_none(database: Database) -> None:
    """Asking for an upload that was never added gives None."""
    assert await database.uploads.get("up1") is None


async def test_an_upload_is_added_once(database: Database) -> None:
    """A second one of the same id is refused, and the first one stays."""
    await add_upload(database, UPLOAD)
    with pytest.raises(StorageFailed):
        await add_upload(database, replace(UPLOAD, user_id="bob"))
    assert await database.uploads.get("up1") == UPLOAD


async def test_a_key_adds_once(database: Database) -> None:
    """The same request again finds what it added; another one under the same key is told so."""
    keyed = replace(UPLOAD, idempotency_key="k", request_digest="one")
    assert await add_upload(database, keyed) == keyed
    assert await add_upload(database, replace(keyed, upload_id="up2")) == keyed
    with pytest.raises(KeyReused):
        await add_upload(database, replace(keyed, upload_id="up3", request_digest="two"))
    other = replace(keyed, upload_id="up4", user_id="bob", request_digest="two")
    assert await add_upload(database, other) == other
    assert await database.uploads.get("up2") is None


async def test_status_is_set(database: Database) -> None:
    """Of the upload that is there; of another one nothing is said."""
    await add_upload(database, UPLOAD)
    await database.uploads.set_status("up1", UploadStatus.PROCESSING, NOW)
    await database.uploads.set_status("up2", UploadStatus.PROCESSING, NOW)
    expected = replace(UPLOAD, status=UploadStatus.PROCESSING, updated_at=NOW)
    assert await database.uploads.get("up1") == expected


async def test_an_upload_that_is_over_is_gone(database: Database, time: Time) -> None:
    """It is told no more, its key is free again, and who removes it gets the path of its file,
    which is loose until it is said to be gone."""
    keyed = replace(UPLOAD, idempotency_key="k", request_digest="one")
    await add_upload(database, keyed)
    time.pass_by(699.999)
    assert await database.uploads.get("up1") == keyed
    assert await database.uploads.of_user("ann", 99) == [keyed]
    now = time.pass_by(0.001)
    assert await database.uploads.get("up1") is None
    assert await database.uploads.of_user("ann", 99) == []
    assert await database.uploads.page(10) == []
    second = replace(keyed, upload_id="up2", file_path="/uploads/2.mp4", created_at=now)
    assert await add_upload(database, second) == second
    assert await database.uploads.remove_expired(10, now) == [UPLOAD.file_path]
    assert await database.uploads.remove_expired(10, now) == []
    assert await database.loose.claim(now, time.pass_by(1), 10) == [UPLOAD.file_path]


async def test_uploads_of_a_user(database: Database) -> None:
    """The latest first, in pages that hold each of them once, whatever is added meanwhile; and
    nobody else's."""
    for number in range(6):
        created_at = NOW + timedelta(seconds=number // 3)
        await add_upload(database, replace(UPLOAD, upload_id=f"u{number}", created_at=created_at))
    await add_upload(database, replace(UPLOAD, upload_id="other", user_id="bob"))
    found: list[UploadRecord] = []
    for number in range(4):
        found += await database.uploads.of_user("ann", 2, found[-1] if found else None)
        later = NOW + timedelta(seconds=9)
        await add_upload(database, replace(UPLOAD, upload_id=f"x{number}", created_at=later))
    assert [one.upload_id for one in found] == ["u3", "u4", "u5", "u0", "u1", "u2"]
    assert await database.uploads.of_user("ann", 0) == []


async def test_looking_through_all_uploads(database: Database) -> None:
    """In pages, each upload once."""
    for number in range(3):
        await add_upload(database, replace(UPLOAD, upload_id=f"u{number}", user_id=str(number)))
    first = await database.uploads.page(2)
    rest = await database.uploads.page(2, first[-1].upload_id)
    assert [one.upload_id for one in first + rest] == ["u0", "u1", "u2"]
