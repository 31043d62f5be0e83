"""What is over is gone for every request at its moment, and from the disk with the next sweep."""

from datetime import datetime, timedelta
from typing import Final

import pytest

from media.clock import SystemClock
from processing.local.classic.engine import ClassicEngine
from storage.records import SessionRecord
from tests import pictures
from tests.integration.service import Service, StartService
from tests.integration.videos import Videos

DAY_S: Final = 24 * 3600.0


class ShiftedClock(SystemClock):
    """The machine's clock, as it will be so many seconds from now."""

    def __init__(self) -> None:
        self.shift_s = 0.0

    def utc_now(self) -> datetime:
        """See Clock."""
        return super().utc_now() + timedelta(seconds=self.shift_s)

    def monotonic(self) -> float:
        """See Clock."""
        return super().monotonic() + self.shift_s


@pytest.fixture
def clock() -> ShiftedClock:
    return ShiftedClock()


@pytest.fixture
async def service(start_service: StartService, clock: ShiftedClock) -> Service:
    """A service that does not sweep by itself for as long as the test takes."""
    return await start_service(ClassicEngine(), clock=clock, sweep_interval_s=1e6)


async def kept(service: Service) -> list[str]:
    """The kinds of all files that there are."""
    pages = [page async for page in service.services.files.names()]
    return sorted(name.partition("_")[0][:6] for page in pages for name, _ in page)


async def test_each_thing_ends_in_its_time(service: Service, clock: ShiftedClock) -> None:
    """The photo after a day, the film after a week, the result after thirty days: at that moment
    for whoever asks, and then by a sweep."""
    videos = Videos(service.caller.http, service.caller.url)
    upload_id = await videos.upload()
    photo = {"style_image": pictures.jpeg(pictures.portrait())}
    result_id = await videos.ordered(upload_id, files=photo)
    video_url = (await videos.ended(result_id))["video_url"]
    services = service.services
    film = (await services.database.uploads.of_user("u1", 99))[0].file_path[9:15]
    assert await kept(service) == sorted([film, "result", "style", "thumb"])

    clock.shift_s = DAY_S
    record = await services.database.results.get(result_id)
    assert record is not None
    assert record.style_image_path is None
    await services.keeper.sweep()
    assert await kept(service) == sorted([film, "result", "thumb"])

    clock.shift_s = 7 * DAY_S
    answer = await videos.order(upload_id)
    assert (answer.status, (await answer.json())["error"]) == (404, "NOT_FOUND")
    await services.keeper.sweep()
    assert await kept(service) == ["result", "thumb"]
    assert (await videos.file(video_url))[0] == 200

    clock.shift_s = 30 * DAY_S
    assert (await videos.file(video_url))[0] == 404
    async with videos.http.get(f"{videos.url}/result/{result_id}?user_id=u1") as gone:
        assert gone.status == 404
    async with videos.http.get(f"{videos.url}/history/u1") as history:
        assert (await history.json())["total"] == 0
    await services.keeper.sweep()
    assert await kept(service) == []


async def test_a_session_is_kept_for_an_hour(service: Service, clock: ShiftedClock) -> None:
    """After its end; then its id is free for anybody."""
    live = await service.caller.join("s1", "ann")
    await live.close()
    await service.settled()
    await service.document()
    clock.shift_s = 3590
    refused = await (await service.caller.connect("s1", "bob")).until_closed()
    assert refused.code == 4403
    clock.shift_s = 3700
    await service.caller.join("s1", "bob")
    record = await service.document()
    assert record.user_id == "bob"


async def test_a_session_that_goes_on_is_not_over(service: Service, clock: ShiftedClock) -> None:
    """Also when it is taken up in its last second, and swept for before a frame has come."""
    await (await service.caller.join("s1", "ann")).close()
    await service.settled()
    first = await service.document()
    clock.shift_s = 3599
    live = await service.caller.join("s1", "ann")
    clock.shift_s = 3700
    await service.services.keeper.sweep()
    assert await service.services.database.sessions.get("s1") is not None
    await live.close()
    await service.settled()
    assert (await service.document()).created_at == first.created_at


async def test_a_session_that_is_swept_when_it_is_taken_up_is_begun_anew(
    service: Service, clock: ShiftedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its client is let in, and finds none of what there was."""
    live = await service.caller.join("s1", "ann")
    await live.ask("set_look", look={"engine": "classic", "color": "copper"})
    await live.close()
    await service.settled()
    first = await service.document()
    services = service.services
    find = services.database.sessions.get

    async def found_and_swept(session_id: str) -> SessionRecord | None:
        record = await find(session_id)
        clock.shift_s = 3700
        await services.keeper.sweep()
        return record

    clock.shift_s = 3590
    monkeypatch.setattr(services.database.sessions, "get", found_and_swept)
    live = await service.caller.connect("s1", "ann")
    assert (await live.receive())["look"] is None
    monkeypatch.undo()
    assert (await service.document()).created_at > first.created_at


@pytest.mark.parametrize(("query", "status"), [("cursor=bm9uZQ==", 422), ("cursor=%00", 422)])
async def test_what_is_no_cursor_is_refused(service: Service, query: str, status: int) -> None:
    """And named."""
    url = f"{service.caller.url}/api/hair-tryOn/history/u1?{query}"
    async with service.caller.http.get(url) as answer:
        assert answer.status == status
        assert (await answer.json())["message"] == "cursor: is no cursor of a list"


async def test_history_by_cursors(service: Service) -> None:
    """Each page leads to the next one; the last one says so."""
    videos = Videos(service.caller.http, service.caller.url)
    upload_id = await videos.upload()
    made = [await videos.ordered(upload_id, user_id="u1") for _ in range(5)]
    seen, cursor = list[str](), ""
    while cursor is not None:
        query = f"limit=2{f'&cursor={cursor}' if cursor else ''}"
        async with videos.http.get(f"{videos.url}/history/u1?{query}") as answer:
            page = await answer.json()
        seen += [one["result_id"] for one in page["results"]]
        assert page["total"] == 5
        cursor = page["next_cursor"]
    assert seen == made[::-1]
