"""The contract of Uploads, kept by every implementation."""

from dataclasses import replace

import pytest

from storage.database import Database, KeyReused, StorageFailed
from storage.records import UploadStatus
from tests.integration.databases import Opener
from tests.integration.records import NOW, UPLOAD


async def test_an_upload_comes_back_as_it_was(database: Database, opener: Opener) -> None:
    """Also after the database was closed and opened again."""
    await database.uploads.add(UPLOAD)
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
    await database.uploads.add(UPLOAD)
    with pytest.raises(StorageFailed):
        await database.uploads.add(replace(UPLOAD, user_id="bob"))
    assert await database.uploads.get("up1") == UPLOAD


async def test_a_key_adds_once(database: Database) -> None:
    """The same request again finds what it added; another one under the same key is told so."""
    keyed = replace(UPLOAD, idempotency_key="k", request_digest="one")
    assert await database.uploads.add(keyed) == keyed
    assert await database.uploads.add(replace(keyed, upload_id="up2")) == keyed
    with pytest.raises(KeyReused):
        await database.uploads.add(replace(keyed, upload_id="up3", request_digest="two"))
    other = replace(keyed, upload_id="up4", user_id="bob", request_digest="two")
    assert await database.uploads.add(other) == other
    assert await database.uploads.get("up2") is None


async def test_status_is_set(database: Database) -> None:
    """Of the upload that is there; of another one nothing is said."""
    await database.uploads.add(UPLOAD)
    await database.uploads.set_status("up1", UploadStatus.PROCESSING, NOW)
    await database.uploads.set_status("up2", UploadStatus.PROCESSING, NOW)
    expected = replace(UPLOAD, status=UploadStatus.PROCESSING, updated_at=NOW)
    assert await database.uploads.get("up1") == expected
