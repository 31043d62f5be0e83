"""The WebRTC transport of a live session: a video track each way, and messages beside it."""

import asyncio
from collections import deque
from collections.abc import Callable

import orjson

from media.coder import Coder
from media.frame import DropCause, EncodedFrame
from media.rtc.answerer import RtcOptions
from media.rtc.connection import RtcConnection
from media.rtc.figures import LinkFigures
from media.rtc.keyframes import is_key_frame
from media.rtc.lane import Encoded
from media.rtc.offer import Offer
from processing.pipeline import Processed
from server import endings, messages
from server.audience import Audience
from server.backlog import Backlog
from server.budget import Reminder
from server.chunks import Chunks
from server.endings import Ending
from server.errors import ClientError, ErrorCode
from server.messages import Message
from server.metrics.links import LinkMeters
from server.peer import PeerTooSlow
from server.sessions import LiveSession
from server.settings import Settings

WATCH_S = 1.0
FRAMES, EARLY = 128, 16
"""What may wait: frames for this loop, messages for a channel that is not open yet."""
BACKLOG_MESSAGES = 2
"""What may wait of the client's messages: the bytes of so many of the largest size."""
UNSENT_MAX_BYTES = 128 * 1024
ROOM_CHECK_S = 0.01


class RtcPeer:
    """A browser or app at the far end of a peer connection."""

    transport = "webrtc"
    is_dribbling = False

    def __init__(
        self,
        offer: Offer,
        options: RtcOptions,
        settings: Settings,
        now_s: Callable[[], float],
        request_id: str,
        *,
        meters: LinkMeters,
    ) -> None:
        """``request_id`` is that of the request that brought the offer."""
        self._request_id = request_id
        self._tally = meters.tally()
        self.connection = RtcConnection(offer, options, self, now_s)
        self.audience = Audience(self.connection, options, now_s, meters)
        self.link: LinkFigures | None = None
        self._settings = settings
        self._now_s = now_s
        self._frames: deque[Encoded] = deque(maxlen=FRAMES)
        self._early: deque[str] = deque(maxlen=EARLY)
        self._has_frames = asyncio.Event()
        self._is_connected = False
        self._ending: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        self._backlog = Backlog(BACKLOG_MESSAGES * settings.max_message_bytes)
        self._chunks = Chunks(settings.max_message_bytes)
        self._fault_reminder = Reminder(1.0)

    @property
    def coder(self) -> Coder:
        """See Peer."""
        return self.connection.coder

    # -- what the client is sent ----------------------------------------------------------------

    async def send(self, message: Message) -> None:
        """See Peer."""
        text = orjson.dumps(messages.identified(message, self._request_id)).decode()
        if not self.connection.send_text(text):
            self._early.append(text)
        elif self.connection.unsent_bytes > UNSENT_MAX_BYTES:
            await self._wait_for_room()

    async def send_processed(
        self, frame: EncodedFrame, processed: Processed, processing_ms: float
    ) -> None:
        """See Peer."""
        if isinstance(processed.payload, bytes):
            is_key = is_key_frame(self.connection.codec, processed.payload)
            picture = Encoded(int(frame.frame_id), processed.payload, is_key)
            self.connection.send_video(picture)
            self.audience.send(picture)

    async def send_dropped(self, frame: EncodedFrame, cause: DropCause) -> None:
        """See Peer: a track's frames have no names that the client knows; the figures tell."""

    async def send_failed(self, frame: EncodedFrame, code: ErrorCode, text: str) -> None:
        """See Peer: once a second, since frames are all alike to the client."""
        if self._fault_reminder.is_due(self._now_s()):
            await self.send(messages.error(code, text) | {"about": "video"})

    async def _wait_for_room(self) -> None:
        deadline_s = self._now_s() + self._settings.send_timeout_s
        while self.connection.unsent_bytes > UNSENT_MAX_BYTES:
            if self._now_s() > deadline_s:
                raise PeerTooSlow
            await asyncio.sleep(ROOM_CHECK_S)

    # -- what comes from the client (the connection's ears) -------------------------------------

    def video(self, frame: Encoded) -> None:
        """See Ears."""
        self._frames.append(frame)
        self._has_frames.set()

    def text(self, text: str) -> None:
        """See Ears."""
        self._backlog.put(text)

    def channel_open(self) -> None:
        """See Ears."""
        while self._early:
            self.connection.send_text(self._early.popleft())

    def connected(self) -> None:
        """See Ears."""
        self._is_connected = True

    def ended(self) -> None:
        """See Ears."""
        self.hang_up(endings.LEFT if self._is_connected else endings.LOST)

    async def close(self) -> None:
        """Let go of the connection, and of those who watch; what has passed since it was looked at
        last is counted."""
        await self.audience.close()
        try:
            if self._is_connected:
                await self.connection.figures()
                self._tally.count(self.connection.totals)
        finally:
            await self.connection.close()

    def hang_up(self, ending: Ending) -> None:
        """End the reading; the first reason counts."""
        if not self._ending.done():
            self._ending.set_result(ending)

    async def read(self, session: LiveSession) -> Ending:
        """Hand frames and messages to the session until the connection ends."""
        try:
            return await self._read_all(session)
        except* PeerTooSlow:
            raise PeerTooSlow from None

    async def _read_all(self, session: LiveSession) -> Ending:
        async with asyncio.TaskGroup() as tasks:
            readers = [
                tasks.create_task(self._read_frames(session)),
                tasks.create_task(self._read_texts(session)),
                tasks.create_task(self._watch()),
            ]
            ending = await asyncio.shield(self._ending)
            for reader in readers:
                reader.cancel()
        return ending

    async def _read_frames(self, session: LiveSession) -> None:
        while True:
            await self._has_frames.wait()
            self._has_frames.clear()
            while self._frames:
                frame = self._frames.popleft()
                await session.handle_frame(str(frame.timestamp), frame.data)

    async def _read_texts(self, session: LiveSession) -> None:
        while True:
            text = await self._backlog.take()
            if self._backlog.refused():
                # Counted like a message too many, and told as rarely.
                fault = "More messages than this server takes"
                await session.handle_fault(ClientError(ErrorCode.RATE_LIMITED, fault))
            if text is not None:
                await self._handle(session, text)

    async def _handle(self, session: LiveSession, text: str) -> None:
        """A message, or a part of one; frames come by the track alone."""
        try:
            whole = self._joined(text)
        except ClientError as error:
            await session.handle_fault(error)
            return
        if whole is not None:
            await session.handle_text(whole.encode())

    def _joined(self, text: str) -> str | None:
        """A whole message; None while parts of it are missing. Raises ClientError."""
        kind, data = _kind_of(text)
        whole = text
        if kind == "chunk":
            joined = self._chunks.add(data)
            if joined is None:
                return None
            whole, (kind, _) = joined, _kind_of(joined)
        if kind == "process_frame":
            raise ClientError(ErrorCode.INVALID_MESSAGE, "Frames come by the video track alone")
        return whole

    async def _watch(self) -> None:
        """End what never came about, and what has fallen silent."""
        while True:
            await asyncio.sleep(WATCH_S)
            if self.connection.end.is_gone:
                self.hang_up(endings.LOST)
            elif self._is_connected:
                self.link = await self.connection.figures()
                self._tally.read(self.link, self.connection.totals, self.connection.target_bps)


def _kind_of(text: str) -> tuple[str | None, object]:
    """A message's type and data, as far as they can be read; what is wrong is told elsewhere."""
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None, None
    if not isinstance(message, dict):
        return None, None
    kind = message.get("type")
    return kind if isinstance(kind, str) else None, message.get("data")
