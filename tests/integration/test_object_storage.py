"""The whole service with its files in an object storage."""

import pytest

from processing.local.classic.engine import ClassicEngine
from server.settings import SettingsInvalid, load_settings
from tests import pictures
from tests.films import film
from tests.integration.held import videos_of
from tests.integration.s3 import S3
from tests.integration.sealed import KEY, s3
from tests.integration.service import StartService
from tests.integration.test_upload import form

__all__ = ["s3"]


async def test_videos_are_kept_there(
    start_service: StartService, s3: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the upload to the deletion: nothing of it is on this machine, nothing stays there. A
    storage that goes away is told of."""
    for name, value in s3.variables.items():
        monkeypatch.setenv(name, value)
    service = await start_service(ClassicEngine(), files_url=s3.make_bucket(), file_keys=KEY)
    videos, files = videos_of(service), service.services.files
    photo = {"style_image": pictures.jpeg()}
    result_id = await videos.ordered(await videos.upload(), files=photo)
    document = await videos.ended(result_id)
    assert document["status"] == "completed"
    status, data, _ = await videos.file(document["video_url"])
    assert (status, data[4:8]) == (200, b"ftyp")
    status, part, _ = await videos.file(document["signed_video_url"], Range="bytes=-100")
    assert (status, part) == (206, data[-100:])
    kinds = sorted(name.partition("_")[0] for page in [p async for p in files.names()]
                   for name, _ in page)  # fmt: skip
    assert kinds == ["result", "style", "thumb", "upload"]
    folder = service.services.settings.data_dir
    assert not (folder / "objects").exists()
    assert not (folder / "file-keys").exists()
    assert [path for path in (folder / "work").rglob("*") if path.is_file()] == []
    assert await videos.delete(result_id) == (204, "")
    assert [len(page) async for page in files.names()] == [1]
    s3.stop()
    health = await videos.http.get(f"{videos.url}/health")
    assert (health.status, (await health.json())["files"]) == (200, "unavailable")
    refused = await videos.http.post(f"{videos.url}/upload-video", data=form(film()))
    assert (refused.status, (await refused.json())["error"]) == (503, "STORAGE_UNAVAILABLE")
    assert [path for path in (folder / "work").rglob("*") if path.is_file()] == []


def test_files_elsewhere_need_keys() -> None:
    """All who share them need the same: none is made by itself."""
    with pytest.raises(SettingsInvalid, match="file_keys"):
        load_settings(["--files-url=s3://bucket"])
