"""One live client: its frames, its look, its figures, its tasks and its stop."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from media.frame import DropCause, EncodedFrame
from media.mailbox import Mailbox
from processing.deadline import DeadlinePolicy
from processing.fair import Share
from processing.ledger import Figures
from processing.pipeline import FramePipeline, Processed
from processing.runner import FrameRunner
from server import endings, messages
from server.budget import Budget, News, Reminder, turn_of
from server.document import SessionDocument
from server.endings import Ending
from server.errors import ClientError, ErrorCode, picture_fault
from server.lastframe import LastFrame
from server.peer import Peer, PeerGone, PeerTooSlow
from server.services import Services
from server.shots import Shots
from server.styles.worn import live_style
from server.wardrobe import Wardrobe
from storage.records import SessionRecord, SessionStatus

STATS_INTERVAL_S = 1.0
SIGN_OF_LIFE_S = 5.0
"""Figures that are as they were are told no more often: idle sessions may be many."""
CONTROLS_PER_MINUTE = 1200
"""Messages that are no frames, faulty ones included: twenty a second is a slider being drawn."""
CONTROL_BURST_S = 5.0
GOODBYE_S = 0.5
FAULT_LOG_INTERVAL_S = 10.0
"""A broken engine fails at camera rate; the log need not."""
MAILBOX_MESSAGES = 2
"""A mailbox holds the bytes of so many messages of the largest size."""

log = structlog.get_logger(__name__)


class LiveSession:
    """A session while its client is connected. Knows no transport: that is the peer's matter."""

    def __init__(
        self, session_id: str, user_id: str, services: Services, peer: Peer, until_s: float
    ) -> None:
        """``until_s`` is when its client is not known any more, by the monotonic clock."""
        settings, clock = services.settings, services.clock
        self.session_id = session_id
        self.user_id = user_id
        self.transport = peer.transport
        self._services = services
        self._peer = peer
        self._until_s = until_s
        self._share = Share()
        self._pipeline = FramePipeline(services.engines, peer.coder)
        self.shots = Shots(self._pipeline)
        self.wardrobe = Wardrobe(user_id, services, self._pipeline, self._share)
        self._runner = FrameRunner[EncodedFrame, Processed](
            mailbox=Mailbox(settings.mailbox_frames, settings.max_message_bytes * MAILBOX_MESSAGES),
            policy=DeadlinePolicy(settings.target_latency_ms, clock),
            pool=services.pool,
            share=self._share,
            render=self._pipeline.process,
            sink=self,
            clock=clock,
            prepare=peer.coder.prepare,
            tally=services.meters.frames.tally(peer.transport),
            watch=services.traces.frames(session_id, peer.transport),
        )
        self._frame_budget = Budget(settings.frames_per_minute, clock.monotonic())
        self._control_budget = Budget(CONTROLS_PER_MINUTE, clock.monotonic(), CONTROL_BURST_S)
        self._limit_reminder = Reminder(STATS_INTERVAL_S)
        self._fault_reminder = Reminder(FAULT_LOG_INTERVAL_S)
        self._active_s = clock.monotonic()
        self._active_at = clock.utc_now()
        self._document = SessionDocument(session_id, user_id, self._active_at)
        self._last = LastFrame()
        self._news = News(SIGN_OF_LIFE_S)
        self._ending: Ending | None = None
        self._stopping = asyncio.Event()
        self.opened, self.ended = asyncio.Event(), asyncio.Event()

    # -- life -----------------------------------------------------------------------------------

    async def resume(self, record: SessionRecord | None) -> None:
        """Go on where an earlier connection of the same session stopped."""
        if record is not None:
            self._document.resume(record)
            await self.wardrobe.restore(record)

    def stop(self, ending: Ending) -> None:
        """Ask for the end; the first reason counts."""
        self._ending = self._ending or ending
        self._stopping.set()

    async def serve(self, read: Callable[[], Awaitable[Ending]]) -> Ending:
        """Live until the client leaves, the session is stopped or something breaks.

        ``read`` takes in the client's messages and returns how the connection ended. When this
        returns, the session's tasks have ended and the journal has its last document.
        """
        try:
            async with asyncio.TaskGroup() as tasks:
                runner = tasks.create_task(self._guard(self._runner.run()))
                others = [
                    tasks.create_task(self._guard(self._read(read))),
                    tasks.create_task(self._guard(self._report())),
                ]
                await self._stopping.wait()
                await self._say_goodbye(runner)
                for task in (runner, *others):
                    task.cancel()
        finally:
            self.shots.close()
            ending = self._ending or endings.LEFT  # none: the handler was cancelled
            await self._services.journal.save(self._record(ending.status, self.figures()))
            if ending is endings.ERASED:
                await self.wardrobe.clear()
            self.wardrobe.take_off()
        return ending

    async def _say_goodbye(self, runner: asyncio.Task[None]) -> None:
        ending = self._ending
        if ending is endings.CLOSING:
            self._runner.close()
            await self._tell(messages.server_closing(self._services.clock.utc_now()))
            await asyncio.wait([runner], timeout=self._services.settings.stop_timeout_s)
        elif ending is not None and ending.error is not None:
            await self._tell(messages.error(ending.error, ending.reason))

    async def _tell(self, message: messages.Message) -> None:
        """Say a last thing, if the client listens: who takes over must not wait for a dead link."""
        with suppress(PeerGone, PeerTooSlow, TimeoutError):
            async with asyncio.timeout(GOODBYE_S):
                await self._peer.send(message)

    async def _read(self, read: Callable[[], Awaitable[Ending]]) -> None:
        await self._peer.send(self._greeting())
        self.stop(await read())

    def _greeting(self) -> messages.Message:
        settings, wardrobe = self._services.settings, self.wardrobe
        limits = {
            "max_message_bytes": settings.max_message_bytes,
            "max_picture_px": settings.max_picture_px,
            "max_frame_px": settings.max_frame_px,
            "frames_per_minute": settings.frames_per_minute,
            "controls_per_minute": CONTROLS_PER_MINUTE,
            "target_latency_ms": settings.target_latency_ms,
        }
        return messages.connection_established(
            self.session_id, self._document.connected_at, wardrobe.look, wardrobe.applied, limits
        )

    async def _guard(self, work: Awaitable[None]) -> None:
        """A task's failure ends this session in order, and no other."""
        try:
            await work
        except PeerGone:
            self.stop(endings.LEFT)
        except PeerTooSlow:
            self.stop(endings.TOO_SLOW)
        except Exception:
            log.exception("session broke")
            self.stop(endings.BROKEN)

    async def _report(self) -> None:
        """Once a second: what is new of the figures to the client and of the document to the
        journal, and a look for clients that are not known any more, idle, or as good as that.
        Sessions that began together do so in turns."""
        await asyncio.sleep(STATS_INTERVAL_S * turn_of(self.session_id))
        while True:
            await asyncio.sleep(STATS_INTERVAL_S)
            now_s = self._services.clock.monotonic()
            if now_s >= self._until_s:
                self.stop(endings.EXPIRED)
            if now_s - self._active_s > self._services.settings.idle_timeout_s:
                self.stop(endings.IDLE)
            if self._peer.is_dribbling:
                self.stop(endings.DRIBBLED)
            figures = self.figures()
            record = self._record(SessionStatus.ACTIVE, figures)
            if self._document.is_news(record):
                self._services.journal.note(record)
            if self._news.is_due((figures, self._peer.link), now_s):
                await self._peer.send(self._stats(figures))

    # -- what the client sends ------------------------------------------------------------------

    async def handle_frame(self, frame_id: str, payload: bytes | str) -> None:
        """Take in a frame, or drop it if there are more of them than the limit allows."""
        now_s = self._touch()
        frame = EncodedFrame(frame_id, payload, now_s)
        if self._frame_budget.spend(now_s):
            await self._runner.offer(frame)
            return
        await self._runner.refuse(frame, DropCause.RATE_LIMITED)
        await self._remind_of_limit(now_s, "More frames a minute than this server takes")

    async def handle_text(self, text: bytes) -> None:
        """Take in a JSON message; what is wrong with it is answered."""
        try:
            message = messages.parse_message(text)
            if isinstance(message, messages.ProcessFrame):
                await self.handle_frame(message.frame_id, message.frame_data)
            elif await self.may_speak():
                await self._control(message)
        except ClientError as error:
            await self.handle_fault(error)

    async def handle_fault(self, error: ClientError) -> None:
        """Answer a message that could not be used."""
        if await self.may_speak():
            await self._peer.send(messages.error(error.code, error.message, error.frame_id))

    async def _control(self, message: messages.ClientMessage) -> None:
        match message:
            case messages.SetLook(values):
                await self.wardrobe.set_values(values)
            case messages.SetStyleImage(image_data):
                await self.wardrobe.set_style(image_data)
            case messages.SetStyle(style_id):
                photo = await live_style(self._services, style_id, self.user_id)
                await self.wardrobe.set_style_photo(photo)
            case messages.SetColorImage(image_data):
                await self.wardrobe.set_color_photo(image_data)
            case messages.ClearLook():
                await self.wardrobe.clear()
        now, wardrobe = self._services.clock.utc_now(), self.wardrobe
        await self._peer.send(messages.look_answer(message, now, wardrobe.look, wardrobe.applied))

    async def may_speak(self) -> bool:
        """Whether one more message that is no frame is within the limit; if not, says so."""
        now_s = self._touch()
        if self._control_budget.spend(now_s):
            return True
        await self._remind_of_limit(now_s, "More messages than this server takes")
        return False

    async def _remind_of_limit(self, now_s: float, text: str) -> None:
        # A flood comes in by the thousand with each read; without this nobody else had a turn.
        await asyncio.sleep(0)
        if self._limit_reminder.is_due(now_s):
            await self._peer.send(messages.error(ErrorCode.RATE_LIMITED, text))

    def _touch(self) -> float:
        self._active_s = self._services.clock.monotonic()
        self._active_at = self._services.clock.utc_now()
        return self._active_s

    # -- what becomes of a frame (the runner's sink) --------------------------------------------

    async def delivered(self, frame: EncodedFrame, result: Processed, processing_ms: float) -> None:
        """Send a changed frame."""
        self._last.note(result)
        self._services.meters.frames.processed(result.stage_ms)
        self.shots.came(result.shot)
        await self._peer.send_processed(frame, result, processing_ms)
        if self._last.is_news(self._services.clock.monotonic()):
            await self._peer.send(self._stats(self.figures()))

    async def dropped(self, frame: EncodedFrame, cause: DropCause) -> None:
        """Tell of a dropped frame."""
        await self._peer.send_dropped(frame, cause)

    async def failed(self, frame: EncodedFrame, error: Exception) -> None:
        """Tell what was wrong with a frame."""
        (code, text), now_s = picture_fault(error), self._services.clock.monotonic()
        if code is ErrorCode.PROCESSING_FAILED and self._fault_reminder.is_due(now_s):
            log.error("frame failed", exc_info=error)
        await self._peer.send_failed(frame, code, text)

    # -- figures --------------------------------------------------------------------------------

    @property
    def in_flight(self) -> int:
        """Frames that wait or are worked on."""
        return self._runner.in_flight

    def figures(self) -> Figures:
        """The figures of this connection."""
        return self._runner.figures()

    def _stats(self, figures: Figures) -> messages.Message:
        return messages.stats(self.transport, figures, self._last.told(), self._peer.link)

    def _record(self, status: SessionStatus, figures: Figures) -> SessionRecord:
        now = self._services.clock.utc_now()
        return self._document.record(
            status, figures, self.wardrobe, active_at=self._active_at, now=now
        )

    def record(self) -> SessionRecord:
        """Its document, as it stands."""
        status = SessionStatus.ACTIVE if self._ending is None else self._ending.status
        return self._record(status, self.figures())
