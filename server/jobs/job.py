"""One job: a film is changed while its lease is kept, and what came of it is put in its place."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias, TypeVar

import structlog

from media.clock import Clock
from media.film.probe import FilmLimits
from processing.film.task import Done, FilmTask
from processing.local.natural.model import Networks
from processing.look import LookValues
from processing.unbroken import unbroken
from server.agreement import Agreement
from server.jobs.allowance import JobAllowance
from server.jobs.ends import Ends
from server.jobs.film_cutter import FilmCut, FilmCutter, FilmWish
from server.jobs.kept_cuts import LEFT, KeptCuts
from server.jobs.lease import KeptLease, LeaseLost, LeaseTerms
from server.jobs.progress import LiveProgress
from server.jobs.workshop import FilmFaulty, WorkFailed
from server.logs import pseudonym
from server.stores import Stores
from server.traces.traces import UNTRACED, Trace, Traces
from storage.addresses import name_of
from storage.errors import FileDamaged, FileMissing, StorageError
from storage.records import UploadStatus
from storage.results import Ending, ResultStatus

TOO_OFTEN: Final = "The video could not be processed"
GONE: Final = "What was uploaded is not there any more"
NOT_AGREED: Final = "You have not agreed to what is done with your pictures; agree and order again"
DAMAGED: Final = "What was uploaded cannot be read any more"
OUTAGE_S: Final = 300.0
"""A storage that is away is waited for so long with a job at hand; then the job is handed back."""
PAUSE_S: Final = 5.0
"""After that its place stays free for so long: here nothing can be done for another job either."""

Change: TypeAlias = Callable[[FilmTask, Callable[[int], None]], Awaitable[Done]]
"""Changes a film and is told how many frames are done. See Workshop.change."""

log = structlog.get_logger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class JobOptions:
    """How jobs are done. A job that was begun ``attempts`` times is not begun again."""

    terms: LeaseTerms
    attempts: int
    networks: Networks
    limits: FilmLimits


@dataclass(frozen=True, slots=True)
class JobMeans:
    """What jobs are done with. ``change`` changes a film, in which the ``cutter`` has cut hair
    before."""

    stores: Stores
    clock: Clock
    change: Change
    cutter: FilmCutter
    options: JobOptions
    progress: LiveProgress
    agreement: Agreement
    ends: Ends
    traces: Traces


class _NotAgreed(Exception):
    """The user has not agreed, or no more, to have the film changed."""


class Job:
    """A result that is being made by the owner of its lease."""

    def __init__(self, lease: KeptLease, means: JobMeans) -> None:
        self._lease = lease
        self._record = record = lease.record
        self._means = means
        self._database = means.stores.database
        self._files = means.stores.files
        self._clock = means.clock
        self._options = means.options
        self._cuts = KeptCuts(means.stores, record, means.clock.utc_now() + LEFT)
        self._log = log.bind(result_id=pseudonym(record.result_id), attempt=record.attempts)
        self._trace: Trace = UNTRACED

    async def work(self) -> None:
        """Do the job, however it ends. Who is cancelled hands it back."""
        with self._means.traces.attempt(self._record) as self._trace:
            self._log = self._log.bind(**self._trace.names)
            self._log.info("job begun")
            try:
                is_hindered = await self._is_hindered()
            finally:
                self._means.progress.end(self._record)
                await asyncio.shield(self._let_go())
        if is_hindered:
            await asyncio.sleep(PAUSE_S)

    async def give_back(self) -> None:
        """Let another worker do it, as if it had not been begun."""
        with suppress(StorageError):
            if await self._lease.give_back():
                await self._set_upload(UploadStatus.UPLOADED)
                self._log.info("job handed back")

    async def _is_hindered(self) -> bool:
        """Do the job; whether a storage, or this machine, did not let it be done. That is no
        attempt: as little could be done for any other job."""
        try:
            await self._set_upload(UploadStatus.PROCESSING)
            await self._make()
        except asyncio.CancelledError:
            await asyncio.shield(self.give_back())
            raise
        except LeaseLost:
            await self._leave()
        except FilmFaulty as error:
            await self._fail(str(error))
        except _NotAgreed:
            await self._fail(NOT_AGREED, UploadStatus.UPLOADED)
        except WorkFailed as error:
            await self._work_failed(error)
        except (StorageError, OSError) as error:
            self._log.warning("job hindered", reason=type(error).__name__)
            await self.give_back()
            return True
        except Exception:
            self._log.exception("job broke")
            await self._interrupted()
        return False

    async def _let_go(self) -> None:
        """Nothing is written for this job any more; who erases it has waited for that."""
        with suppress(StorageError):
            await self._lease.let_go()

    async def _make(self) -> None:
        record, started_s = self._record, self._clock.monotonic()
        name = f"{record.result_id}.{record.attempts}"
        async with self._means.stores.workspace.working(name) as folder:
            done, cut = await self._lease.kept_for(self._made(folder))
        ending = Ending(
            status=ResultStatus.COMPLETED,
            now=self._clock.utc_now(),
            processing_time=round(self._clock.monotonic() - started_s, 3),
            frame_count=done.frames,
            sampled_frames=done.sampled_frames,
            ai_model=cut.ai_model,
            keyframes=len(cut.carried),
            cost_micro_usd=cut.micro_usd,
            fallback=cut.fallback,
        )
        await self._end(ending, UploadStatus.COMPLETED)

    async def _made(self, folder: Path) -> tuple[Done, FilmCut]:
        """Change the film, and put what came of it in its place."""
        record, step = self._record, self._trace.step
        await self._check_agreed()
        with step("fetch"):
            task = await self._task(folder)
        with step("cut"):
            task, cut = await self._cut(task)
        with step("change"):
            done = await self._means.change(task, self._note)
        with step("put"):
            # Nobody else may have begun this job when its files are put in their places.
            await self._insist(self._lease.renew)
            await self._put(record.result_video_path, folder / "video.mp4")
            await self._put(record.thumbnail_path, folder / "thumb.jpg")
        return done, cut

    async def _cut(self, task: FilmTask) -> tuple[FilmTask, FilmCut]:
        """What is left to be done when the cloud has cut hair, where that was ordered."""
        record = self._record
        if record.max_keyframes is None:
            return task, FilmCut()
        allowance = JobAllowance(self._lease, self._means.agreement)
        wish = FilmWish(allowance, record.haircut, record.max_keyframes, self._cuts)
        cut = await self._means.cutter.cut(task, wish, lambda _: self._note(0))
        await self._insist(self._lease.renew)
        if not cut.carried:
            return task, cut
        # The style photo's hair is in the frames that are carried.
        return task.model_copy(update={"carried": cut.carried, "style": None}), cut

    async def _check_agreed(self) -> None:
        """It may have been ordered before consent was needed, or by an earlier notice."""
        agreement, user_id = self._means.agreement, self._record.user_id
        if not await self._insist(lambda: agreement.is_given(user_id)):
            raise _NotAgreed

    async def _task(self, folder: Path) -> FilmTask:
        record = self._record
        upload = await self._insist(lambda: self._database.uploads.get(record.upload_id))
        if upload is None:
            raise FilmFaulty(GONE)
        style, color = record.style_image_path, record.color_image_path
        return FilmTask(
            source=await self._fetched(folder, upload.file_path),
            target=str(folder / "video.mp4"),
            thumbnail=str(folder / "thumb.jpg"),
            look=LookValues.model_validate(record.look),
            style=await self._fetched(folder, style) if style else None,
            color=await self._fetched(folder, color) if color else None,
            rate=record.sampling_rate,
            stabilize=record.stabilize,
            networks=self._options.networks,
            limits=self._options.limits,
        )

    async def _insist(self, call: Callable[[], Awaitable[T]]) -> T:
        return await self._lease.insist(call, OUTAGE_S)

    async def _end(self, ending: Ending, upload: UploadStatus) -> None:
        """Who is told to stop from then on has ended it all the same."""
        with self._trace.step("end"):
            await self._lease.end(ending)
        self._means.ends.tell(self._log, self._record, ending.status, ending.processing_time)
        await unbroken(self._set_upload(upload))
        await self._cuts.forget()

    async def _leave(self) -> None:
        """Of a job that was cancelled or forgotten nothing stays, however far it was."""
        self._log.info("job left")
        record = self._record
        paths = [record.result_video_path, record.thumbnail_path]
        with suppress(StorageError):
            now = await self._database.results.get(record.result_id)
            if now is None or now.status.is_final:
                await self._cuts.forget()
            if now is None:
                await self._means.stores.keeper.withdraw(paths)
            elif now.status is ResultStatus.CANCELLED:
                for path in paths:
                    await self._files.delete(name_of(path))

    async def _fail(self, text: str, upload: UploadStatus = UploadStatus.FAILED) -> None:
        ending = Ending(status=ResultStatus.FAILED, now=self._clock.utc_now(), error_message=text)
        with suppress(LeaseLost, StorageError):
            await self._end(ending, upload)

    async def _work_failed(self, error: WorkFailed) -> None:
        """A film whose job was cancelled or erased loses its files at once, which is no failure."""
        try:
            with suppress(StorageError):
                await self._lease.renew()
        except LeaseLost:
            await self._leave()
            return
        self._log.error("film failed", reason=error.reason, **error.details)
        await self._interrupted()

    async def _interrupted(self) -> None:
        """Another attempt at once, unless there were enough."""
        if self._record.attempts >= self._options.attempts:
            await self._fail(TOO_OFTEN)
            return
        with suppress(StorageError):
            await self._lease.give_up()

    async def _set_upload(self, status: UploadStatus) -> None:
        """What is told of the upload is not worth a job."""
        with suppress(StorageError):
            now = self._clock.utc_now()
            await self._database.uploads.set_status(self._record.upload_id, status, now)

    def _note(self, frames_done: int) -> None:
        self._lease.frames_done = frames_done
        self._means.progress.tell(self._record, self._lease.owner, frames_done)

    async def _fetched(self, folder: Path, address: str) -> str:
        """Where the file of this address is, plain, for as long as the folder is there."""
        name = name_of(address)
        try:
            await self._insist(lambda: self._files.fetch(name, folder / name))
        except FileMissing:
            raise FilmFaulty(GONE) from None
        except FileDamaged:
            self._log.error("file damaged")
            raise FilmFaulty(DAMAGED) from None
        return str(folder / name)

    async def _put(self, address: str, path: Path) -> None:
        await self._insist(lambda: self._files.put(name_of(address), path))
