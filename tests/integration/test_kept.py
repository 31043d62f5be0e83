"""Kept files by HTTP: in parts, under conditions, for as long as they are kept, and never wrong."""

import os
import random
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from email.utils import format_datetime

import pytest
from aiohttp import ClientPayloadError, ClientResponse

from media.clock import SystemClock
from server.keys import DOWNLOADS
from storage.addresses import name_of
from storage.errors import StorageFailed
from storage.files import KeptFile
from storage.results import Ending, Lease, QueueBounds, ResultStatus, RunningBounds
from storage.sealing import CHUNK_BYTES
from tests.integration.records import RESULT, UPLOAD, add_result, add_upload
from tests.integration.sealed import put_raw, raw
from tests.integration.service import Service, StartService
from tests.integration.silent import MUCH_BYTES, check_let_go

VIDEO = "/uploads/result_00000000-0000-4000-8000-000000000001.mp4"
THUMB = "/uploads/thumb_00000000-0000-4000-8000-000000000002.jpg"
SIZE = 9 * CHUNK_BYTES + 1234
DAY_S = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Kept:
    """A completed result's files, and whoever asks for them."""

    service: Service
    video: bytes

    async def get(
        self, address: str = VIDEO, method: str = "GET", **headers: str
    ) -> tuple[ClientResponse, bytes]:
        """Ask for a file."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        url = self.service.caller.url + address
        async with self.service.caller.http.request(method, url, headers=named) as answer:
            return answer, await answer.read()

    async def result(self) -> Mapping[str, str]:
        """The result's document."""
        path = "/api/hair-tryOn/result/r1?user_id=ann"
        async with self.service.caller.http.get(self.service.caller.url + path) as answer:
            document: Mapping[str, str] = await answer.json()
            return document

    def damage(self, byte: int) -> None:
        """Change something in the video's file."""
        sealed = bytearray(raw(self.service.services.files, name_of(VIDEO)))
        sealed[byte] ^= 1
        put_raw(self.service.services.files, name_of(VIDEO), bytes(sealed))


async def made(service: Service, status: ResultStatus = ResultStatus.COMPLETED) -> Kept:
    """A result, made a moment ago, whose files are there."""
    services, data = service.services, os.urandom(SIZE)
    now, results = services.clock.utc_now(), services.database.results
    await add_upload(services.database, replace(UPLOAD, created_at=now, updated_at=now))
    record = replace(RESULT, result_video_path=VIDEO, thumbnail_path=THUMB, created_at=now,
                     updated_at=now)  # fmt: skip
    await add_result(services.database, record, QueueBounds(9, 9))
    lease = Lease("w", now, now + timedelta(seconds=60))
    await results.claim(lease, RunningBounds(9, 9))
    await services.files.write(name_of(VIDEO), data)
    await services.files.write(name_of(THUMB), b"\xff\xd8\xff")
    if status.is_final:
        await results.end("r1", "w", Ending(status=status, now=now))
    return Kept(service, data)


@pytest.fixture
async def kept(service: Service) -> Kept:
    return await made(service)


async def test_a_file_is_sent(kept: Kept) -> None:
    """With its type and size, when it was written, how long it may stay in a browser."""
    answer, data = await kept.get()
    assert (answer.status, data) == (200, kept.video)
    headers = answer.headers
    assert (headers["Content-Type"], headers["Content-Length"]) == ("video/mp4", str(SIZE))
    assert headers["Content-Disposition"] == 'inline; filename="hair-try-on.mp4"'
    assert headers["Cache-Control"] == f"private, max-age={7 * DAY_S}, immutable"
    assert headers["Accept-Ranges"] == "bytes"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["ETag"].startswith('"')
    modified = (await kept.service.services.files.open(name_of(VIDEO))).modified
    assert headers["Last-Modified"] == format_datetime(modified, usegmt=True)
    answer, data = await kept.get(THUMB)
    assert (data, answer.headers["Content-Type"]) == (b"\xff\xd8\xff", "image/jpeg")
    # Kept for 30 days, of which some time has passed.
    age_s = int(answer.headers["Cache-Control"].split("max-age=")[1].split(",")[0])
    assert 30 * DAY_S - 60 < age_s <= 30 * DAY_S
    head, data = await kept.get(method="HEAD")
    assert (head.status, data, head.headers["Content-Length"]) == (200, b"", str(SIZE))
    assert head.headers["ETag"] == headers["ETag"]
    ranged, _ = await kept.get(method="HEAD", Range="bytes=0-9")
    assert (ranged.status, ranged.headers["Content-Length"]) == (200, str(SIZE))


async def test_random_parts_are_sent(kept: Kept) -> None:
    """The bytes that were asked for, and where they are in the file."""
    rng = random.Random(1)
    for _ in range(60):
        start = rng.randrange(SIZE)
        stop = min(SIZE, start + rng.choice([1, 100, CHUNK_BYTES, SIZE]))
        answer, data = await kept.get(Range=f"bytes={start}-{stop - 1}")
        assert (answer.status, data == kept.video[start:stop]) == (206, True)
        assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{SIZE}"
        assert answer.headers["Content-Length"] == str(stop - start)
    answer, data = await kept.get(Range="bytes=-100")
    assert (answer.status, data) == (206, kept.video[-100:])
    answer, data = await kept.get(Range="bytes=0-1,5-6")
    assert (answer.status, data) == (200, kept.video)
    answer, data = await kept.get(Range=f"bytes={SIZE}-")
    assert (answer.status, answer.headers["Content-Range"]) == (416, f"bytes */{SIZE}")
    assert (await answer.json())["error"] == "INVALID_REQUEST"


async def test_conditions(kept: Kept) -> None:
    """A browser does not fetch what it has, nor a part of another file."""
    answer, _ = await kept.get()
    etag, modified = answer.headers["ETag"], answer.headers["Last-Modified"]
    for headers in ({"If_None_Match": f'"x", {etag}'}, {"If_Modified_Since": modified}):
        answer, data = await kept.get(**headers)
        assert (answer.status, data, answer.headers["ETag"]) == (304, b"", etag)
        assert "Content-Type" not in answer.headers
        assert answer.headers["Cache-Control"].startswith("private")
    for headers in ({"If_Match": '"x"'}, {"If_Unmodified_Since": "Mon, 01 Jan 2024 00:00:00 GMT"}):
        answer, _ = await kept.get(**headers)
        assert (answer.status, answer.headers["ETag"]) == (412, etag)
    for value, status in ((etag, 206), (modified, 206), ('"x"', 200)):
        answer, _ = await kept.get(Range="bytes=0-9", If_Range=value)
        assert answer.status == status
    await kept.service.services.files.write(name_of(VIDEO), kept.video)
    answer, _ = await kept.get(If_None_Match=etag)
    assert answer.status == 200


@pytest.mark.parametrize("status", [ResultStatus.PROCESSING, ResultStatus.FAILED])
async def test_only_what_is_completed_is_there(service: Service, status: ResultStatus) -> None:
    """Whatever lies in the store already."""
    kept = await made(service, status)
    for address in (VIDEO, THUMB):
        answer, _ = await kept.get(address)
        assert (answer.status, (await answer.json())["error"]) == (404, "NOT_FOUND")


async def test_what_is_over_is_not_there(start_service: StartService) -> None:
    """Before anybody has removed it; until then no cache keeps it for longer."""

    class Later(SystemClock):
        by_s = 0.0

        def utc_now(self):  # type: ignore[no-untyped-def]
            return super().utc_now() + timedelta(seconds=self.by_s)

    clock = Later()
    kept = await made(await start_service(clock=clock, keep_results_s=100))
    answer, _ = await kept.get()
    assert 95 <= int(answer.headers["Cache-Control"].split("max-age=")[1].split(",")[0]) <= 100
    signed = (await kept.result())["signed_video_url"]
    answer, _ = await kept.get(signed)
    assert int(answer.headers["Cache-Control"].split("max-age=")[1].split(",")[0]) <= 100
    clock.by_s = 101
    for address in (VIDEO, THUMB, signed):
        assert (await kept.get(address))[0].status == 404


async def test_signed_addresses(kept: Kept, start_service: StartService) -> None:
    """They stay the same for a while, are for all to keep, and good for one file."""
    document = await kept.result()
    signed = document["signed_video_url"]
    assert signed.startswith(f"{document['video_url']}?expires=")
    assert document["signed_thumbnail_url"].startswith(f"{document['thumbnail_url']}?expires=")
    assert (await kept.result())["signed_video_url"] == signed
    answer, data = await kept.get(signed)
    assert (answer.status, data) == (200, kept.video)
    public, age = answer.headers["Cache-Control"].split(", ")[:2]
    assert public == "public"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert DAY_S <= int(age.removeprefix("max-age=")) <= 2 * DAY_S
    answer, data = await kept.get(signed, Range="bytes=0-9")
    assert (answer.status, data) == (206, kept.video[:10])
    query = signed.partition("?")[2]
    for address in (
        f"{THUMB}?{query}",
        f"{VIDEO}?{query}x",
        f"{VIDEO}?{query.replace('expires=', 'expires=9')}",
        f"{VIDEO}?{query.partition('&')[0]}",
        f"{VIDEO}?{query.partition('&')[2]}",
        f"{VIDEO}?expires=&signature=",
        f"/uploads/result_00000000-0000-4000-8000-00000000000f.mp4?{query}",
    ):
        answer, _ = await kept.get(address)
        assert (answer.status, (await answer.json())["error"]) == (403, "FORBIDDEN")


async def test_a_file_that_is_gone_or_away(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """404 though there is a record; 503, and when to come again, if the store is away."""
    services = kept.service.services

    async def failing(_: str) -> KeptFile:
        raise StorageFailed("TEST")

    with monkeypatch.context() as patch:
        patch.setattr(services.files, "open", failing)
        answer, _ = await kept.get()
        assert (answer.status, (await answer.json())["error"]) == (503, "STORAGE_UNAVAILABLE")
        assert answer.headers["Retry-After"]
    await services.files.delete(name_of(VIDEO))
    answer, _ = await kept.get()
    assert (answer.status, (await answer.json())["error"]) == (404, "NOT_FOUND")
    await services.database.close()
    assert (await kept.get())[0].status == 503


async def test_damage_is_told_or_cuts_the_connection(kept: Kept) -> None:
    """500 where it is seen before anything was sent, for GET and HEAD; later nobody takes what
    came for the whole, and other parts are sent."""
    kept.damage(-100)
    with pytest.raises(ClientPayloadError):
        await kept.get()
    answer, data = await kept.get(Range="bytes=0-99")
    assert (answer.status, data) == (206, kept.video[:100])
    answer, _ = await kept.get(Range="bytes=-100")
    assert (answer.status, (await answer.json())["error"]) == (500, "INTERNAL_ERROR")
    kept.damage(20)
    for method in ("GET", "HEAD"):
        answer, _ = await kept.get(method=method)
        assert answer.status == 500


@pytest.mark.parametrize("leaves", [False, True])
async def test_a_client_that_reads_nothing(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, *, leaves: bool
) -> None:
    """It holds no more than a few pieces, and is let go of after a while; one that leaves at
    once."""
    monkeypatch.setattr("server.kept.PATIENCE_S", 30 if leaves else 0.3)
    service = kept.service
    await service.services.files.write(name_of(VIDEO), bytes(MUCH_BYTES))
    await check_let_go(service, VIDEO, service.app[DOWNLOADS], monkeypatch, leaves=leaves)


async def test_too_many_downloads_are_told_to_come_again(kept: Kept) -> None:
    """503; whoever only asks what there is needs no place."""
    with ExitStack() as stack:
        places = kept.service.app[DOWNLOADS]
        while places._free:
            stack.enter_context(places.one())
        answer, _ = await kept.get()
        assert (answer.status, (await answer.json())["error"]) == (503, "SERVER_FULL")
        assert (await kept.get(method="HEAD"))[0].status == 200
    assert (await kept.get())[0].status == 200
