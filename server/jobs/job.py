"""One job: a film is changed while its lease is kept, and what came of it is put in its place."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final, TypeAlias

import structlog

from media.clock import Clock
from media.film.probe import FilmLimits
from processing.film.task import Done, FilmTask
from processing.local.natural.model import Networks
from processing.look import LookValues
from server.addresses import name_of
from server.jobs.workshop import FilmFaulty, WorkFailed
from server.logs import pseudonym
from storage.database import Database, StorageError
from storage.files import LocalFiles
from storage.records import UploadStatus
from storage.results import Ending, Lease, ResultRecord, ResultStatus

LOCAL: Final = "local"
"""Who did the work (``ai_model`` of section 5.1)."""
TOO_OFTEN: Final = "The video could not be processed"

Change: TypeAlias = Callable[[FilmTask, Callable[[int], None]], Awaitable[Done]]
"""Changes a film and is told how many frames are done. See Workshop.change."""

log = structlog.get_logger(__name__)


class LeaseLost(Exception):
    """The job is not this worker's any more: it was cancelled, deleted, or taken up by another."""


@dataclass(frozen=True, slots=True)
class JobOptions:
    """How jobs are done. The lease lasts ``lease_s``, and is renewed every ``beat_s``; a job that
    was begun ``attempts`` times is not begun again."""

    lease_s: float
    beat_s: float
    attempts: int
    networks: Networks
    limits: FilmLimits


@dataclass(frozen=True, slots=True)
class JobMeans:
    """What jobs are done with. ``change`` changes a film."""

    database: Database
    files: LocalFiles
    clock: Clock
    change: Change
    options: JobOptions

    def lease(self, owner: str) -> Lease:
        """A lease of this owner, from now on."""
        now = self.clock.utc_now()
        return Lease(owner, now, now + timedelta(seconds=self.options.lease_s))


class Job:
    """A result that is being made by the owner of its lease."""

    def __init__(self, record: ResultRecord, owner: str, means: JobMeans) -> None:
        self._record = record
        self._owner = owner
        self._means = means
        self._database = means.database
        self._files = means.files
        self._clock = means.clock
        self._options = means.options
        self._frames_done = 0
        self._log = log.bind(result=pseudonym(record.result_id), attempt=record.attempts)

    async def work(self) -> None:
        """Do the job, however it ends. Who is cancelled hands it back."""
        self._log.info("job begun")
        try:
            await self._set_upload(UploadStatus.PROCESSING)
            await self._make()
        except asyncio.CancelledError:
            await asyncio.shield(self.give_back())
            raise
        except LeaseLost:
            self._log.info("job left")
        except FilmFaulty as error:
            await self._fail(str(error))
        except (WorkFailed, StorageError, OSError) as error:
            self._log.warning("job interrupted", reason=type(error).__name__)
            await self._interrupted()
        except Exception:
            self._log.exception("job broke")
            await self._interrupted()

    async def give_back(self) -> None:
        """Let another worker do it, as if it had not been begun."""
        with suppress(StorageError):
            await self._database.results.give_back(
                self._record.result_id, self._means.lease(self._owner)
            )
            await self._set_upload(UploadStatus.UPLOADED)
        self._log.info("job handed back")

    async def _make(self) -> None:
        record, started_s = self._record, self._clock.monotonic()
        async with self._files.working(f"{record.result_id}.{record.attempts}") as folder:
            done = await self._changed(folder)
            # Nobody else may begin this job while its files are put in their places.
            await self._insist(self._renew)
            await self._files.take(folder / "video.mp4", name_of(record.result_video_path))
            await self._files.take(folder / "thumb.jpg", name_of(record.thumbnail_path))
        ending = Ending(
            status=ResultStatus.COMPLETED,
            now=self._clock.utc_now(),
            processing_time=round(self._clock.monotonic() - started_s, 3),
            frame_count=done.frames,
            sampled_frames=done.sampled_frames,
            ai_model=LOCAL,
        )
        await self._insist(lambda: self._end(ending))
        await self._set_upload(UploadStatus.COMPLETED)

    async def _changed(self, folder: Path) -> Done:
        """Change the film while the lease is kept. Raises LeaseLost if it cannot be."""
        task = await self._task(folder)
        beating = asyncio.create_task(self._beat())
        changing = asyncio.ensure_future(self._means.change(task, self._note))
        try:
            await asyncio.wait([beating, changing], return_when=asyncio.FIRST_COMPLETED)
            return changing.result() if changing.done() else beating.result()
        finally:
            for one in (beating, changing):
                one.cancel()
            await asyncio.wait([beating, changing])

    async def _task(self, folder: Path) -> FilmTask:
        record = self._record
        upload = await self._database.uploads.get(record.upload_id)
        if upload is None:
            raise FilmFaulty("The upload is not there any more")
        return FilmTask(
            source=self._path(upload.file_path),
            target=str(folder / "video.mp4"),
            thumbnail=str(folder / "thumb.jpg"),
            look=LookValues.model_validate(record.look),
            style=self._path(record.style_image_path) if record.style_image_path else None,
            color=self._path(record.color_image_path) if record.color_image_path else None,
            rate=record.sampling_rate,
            stabilize=record.stabilize,
            networks=self._options.networks,
            limits=self._options.limits,
        )

    async def _beat(self) -> Done:
        """Keep the lease for as long as it can be kept; a database that is away for a moment is
        asked again. Never returns."""
        kept_until_s = self._clock.monotonic() + self._options.lease_s
        while True:
            await asyncio.sleep(self._options.beat_s)
            asked_s = self._clock.monotonic()
            try:
                await self._renew()
                kept_until_s = asked_s + self._options.lease_s
            except StorageError:
                if self._clock.monotonic() > kept_until_s:
                    raise

    async def _renew(self) -> None:
        result_id = self._record.result_id
        if not await self._database.results.renew(
            result_id, self._means.lease(self._owner), self._frames_done
        ):
            raise LeaseLost

    async def _insist(self, call: Callable[[], Awaitable[None]]) -> None:
        """Make the call until the database takes it, as long as the lease lasts: a film is not
        changed anew because the database was away for a moment."""
        until_s = self._clock.monotonic() + self._options.lease_s
        while True:
            try:
                return await call()
            except StorageError:
                if self._clock.monotonic() > until_s:
                    raise
            await asyncio.sleep(self._options.beat_s)

    async def _end(self, ending: Ending) -> None:
        """Say how it ended; of one that was cancelled in the last moment nothing stays."""
        if await self._database.results.end(self._record.result_id, self._owner, ending):
            self._log.info("job ended", status=ending.status, seconds=ending.processing_time)
            return
        now = await self._database.results.get(self._record.result_id)
        if now is None or now.status is ResultStatus.CANCELLED:
            for path in (self._record.result_video_path, self._record.thumbnail_path):
                await self._files.delete(name_of(path))
        raise LeaseLost

    async def _fail(self, text: str) -> None:
        ending = Ending(status=ResultStatus.FAILED, now=self._clock.utc_now(), error_message=text)
        with suppress(LeaseLost, StorageError):
            await self._insist(lambda: self._end(ending))
            await self._set_upload(UploadStatus.FAILED)

    async def _interrupted(self) -> None:
        """Another attempt at once, unless there were enough."""
        if self._record.attempts >= self._options.attempts:
            await self._fail(TOO_OFTEN)
            return
        now = self._clock.utc_now()
        with suppress(StorageError):
            results, result_id = self._database.results, self._record.result_id
            await results.renew(result_id, Lease(self._owner, now, now), 0)

    async def _set_upload(self, status: UploadStatus) -> None:
        """What is told of the upload is not worth a job."""
        with suppress(StorageError):
            now = self._clock.utc_now()
            await self._database.uploads.set_status(self._record.upload_id, status, now)

    def _note(self, frames_done: int) -> None:
        self._frames_done = frames_done

    def _path(self, address: str) -> str:
        return str(self._files.path(name_of(address)))
