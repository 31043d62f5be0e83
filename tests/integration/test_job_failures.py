"""Jobs that cannot be done: at once, this time, or for as long as something is away."""

from pathlib import Path

import pytest

from server.jobs import job
from server.jobs.workshop import FilmFaulty, WorkFailed
from storage.errors import StorageFailed
from tests.films import film
from tests.integration.held import Held
from tests.integration.service import eventually
from tests.integration.test_jobs import kinds, uploaded
from tests.logged import logged


def ended(held: Held, status: str) -> float | None:
    """How many films are counted that ended so."""
    registry = held.service.services.meters.registry
    return registry.get_sample_value("hair_tryon_videos_processed_total", {"status": status})


async def test_a_faulty_film_fails_at_once(held: Held) -> None:
    """With words for its owner; it is not tried again."""
    result_id = await held.videos.ordered(await held.videos.upload())
    held.change.outcome.set_result(FilmFaulty("The video cannot be used: a hole"))
    document = await held.videos.ended(result_id)
    assert document["status"] == "failed"
    assert document["error_message"] == "The video cannot be used: a hole"
    assert held.change.begun == 1
    await eventually(lambda: ended(held, "failed") == 1)


async def test_a_job_is_tried_three_times(held: Held) -> None:
    """A process that ends before its time may do better; three are enough."""
    result_id = await held.videos.ordered(await held.videos.upload())
    held.change.outcome.set_result(WorkFailed("failure", detail="a hole"))
    document = await held.videos.ended(result_id)
    assert document["status"] == "failed"
    assert document["error_message"] == "The video could not be processed"
    assert held.change.begun == 3
    assert "result" not in kinds(held.service)


async def test_of_a_job_that_is_over_no_failure_is_told(held: Held) -> None:
    """A film that is cancelled or erased loses its files before its worker knows."""
    with logged(job) as lines:
        result_id = await held.videos.ordered(await held.videos.upload())
        await eventually(lambda: held.change.begun == 1)
        await held.videos.delete(result_id)
        held.change.outcome.set_result(WorkFailed("failure", detail="no such file"))
        await eventually(lambda: "job left" in [line["event"] for line in lines])
    assert [line for line in lines if line["log_level"] == "error"] == []
    assert held.change.begun == 1
    assert ended(held, "cancelled") == 1


@pytest.mark.parametrize("outage_s", [300.0, 0.0])
@pytest.mark.parametrize("call", ["fetch", "put"])
async def test_files_that_are_away_cost_no_attempt(
    held: Held, monkeypatch: pytest.MonkeyPatch, call: str, outage_s: float
) -> None:
    """A job waits for them, is handed back when they are away for long, and is done when they are
    there again, however often they were asked."""
    monkeypatch.setattr("server.jobs.job.OUTAGE_S", outage_s)
    monkeypatch.setattr("server.jobs.job.PAUSE_S", 0.0)
    upload_id, files, failures = await held.videos.upload(), held.service.services.files, 5
    real = getattr(files, call)

    async def away(name: str, path: Path) -> None:
        nonlocal failures
        if failures:
            failures -= 1
            raise StorageFailed
        await real(name, path)

    monkeypatch.setattr(files, call, away)
    held.change.outcome.set_result(None)
    result_id = await held.videos.ordered(upload_id)
    assert (await held.videos.ended(result_id))["status"] == "completed"
    record = await held.service.services.database.results.get(result_id)
    assert record is not None
    assert record.attempts == 1
    assert held.change.begun == (6 if call == "put" and not outage_s else 1)


@pytest.mark.parametrize("is_there", [True, False])
async def test_what_cannot_be_fetched_fails_at_once(held: Held, *, is_there: bool) -> None:
    """A damaged file, and one that is gone, are as they are the next time; nothing is begun."""
    upload_id, name = await uploaded(held.service, held.videos, film())
    path = held.service.services.settings.data_dir / "objects" / name
    if is_there:
        path.write_bytes(path.read_bytes()[:-1] + b"?")
    else:
        path.unlink()
    document = await held.videos.ended(await held.videos.ordered(upload_id))
    text = "What was uploaded cannot be read" if is_there else "What was uploaded is not there"
    assert document["error_message"] == f"{text} any more"
    assert held.change.begun == 0
    assert list((held.service.services.settings.work_folder / "working").iterdir()) == []
