"""The documents that REST requests are answered with (report section 4.1)."""

from typing import Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from media.clock import iso_utc
from processing.cloud.faults import FallbackReason
from server.errors import ErrorCode
from server.forgotten import Forgotten
from storage.records import UploadRecord, UploadStatus


class Answer(BaseModel):
    """A JSON document."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def reply(self, status: int = 200) -> web.Response:
        """As an answer."""
        return web.Response(
            text=self.model_dump_json(), status=status, content_type="application/json"
        )


class UploadAnswer(Answer):
    """A video was kept."""

    upload_id: str
    status: UploadStatus
    frame_count: int
    duration: float = Field(description="Seconds.")
    created_at: str

    @classmethod
    def of(cls, record: UploadRecord) -> "UploadAnswer":
        """What is told of an upload."""
        return cls(
            upload_id=record.upload_id,
            status=record.status,
            frame_count=record.frame_count,
            duration=record.duration,
            created_at=iso_utc(record.created_at),
        )


class HealthAnswer(Answer):
    """Whether the service is well."""

    status: Literal["healthy", "unhealthy"]
    service: str
    version: str
    uptime: int = Field(description="Seconds since the start.")
    mongodb: Literal["connected", "unavailable", "not used"]
    database: Literal["connected", "unavailable"] = Field(description="Whichever is used.")
    files: Literal["connected", "unavailable"] = Field(
        description="Without them live sessions go on, and videos have to wait."
    )
    cache: Literal["memory", "connected", "unavailable"] = Field(
        description="In the process's memory, or a Redis, without which the service goes on."
    )
    ai_model: Literal["ready"]
    videos_queued: int | None
    videos_processing: int | None
    workers: int = Field(description="Processes that should serve here.")
    workers_ready: int = Field(description="Those that do; others are being started.")


class LifeAnswer(Answer):
    """The process answers."""

    status: Literal["alive"]


class ReadinessAnswer(Answer):
    """Whether clients should be sent here."""

    status: Literal["ready", "not ready"]
    reasons: list[str] = Field(description="Why not.")
    missed: list[str] = Field(
        description="Stores that do not answer, and workers that are being started: live "
        "sessions go on without them."
    )


class ErasureAnswer(Answer):
    """A user's data were erased: how much there was."""

    uploads: int
    results: int
    sessions: int
    styles: int
    files: int
    cache_entries: int
    live_sessions: int = Field(description="Sessions that were live, and were ended.")
    jobs: int = Field(description="Unfinished videos that were cancelled.")

    @classmethod
    def of(cls, forgotten: Forgotten) -> "ErasureAnswer":
        """What is told of an erasure."""
        records = forgotten.records
        return cls(
            uploads=records.uploads,
            results=records.results,
            sessions=records.sessions,
            styles=records.styles,
            files=forgotten.files,
            cache_entries=forgotten.cache_entries,
            live_sessions=forgotten.live_sessions,
            jobs=forgotten.jobs,
        )


class ShadeAnswer(Answer):
    """A named hair colour."""

    name: str
    title: str
    family: str
    color: str = Field(description="#rrggbb in sRGB.")


class ShadesAnswer(Answer):
    """All named hair colours."""

    shades: list[ShadeAnswer]


class IceServer(Answer):
    """An entry of a browser's ``iceServers``; STUN needs no credentials."""

    urls: list[str]
    username: str | None = None
    credential: str | None = None


class IceAnswer(Answer):
    """What a browser's RTCConfiguration needs, and for how long."""

    iceServers: list[IceServer]  # noqa: N815  (as browsers have it)
    ttl_s: float


class LimitDetails(BaseModel):
    """So many within so many seconds, and in how many the next one."""

    name: str
    amount: int
    within_s: int
    again_in_s: int


class QuotaDetails(BaseModel):
    """So many videos are in a month, and so many are left until there are more."""

    tier: str
    videos_per_month: int
    left: int
    renews_at: str


class ErrorDetails(BaseModel):
    """What in the request is wrong, why the cloud did not do it, or the limit or the quota that it
    is above."""

    field: str | None = None
    reason: FallbackReason | None = None
    limit: LimitDetails | None = None
    quota: QuotaDetails | None = None


class ErrorAnswer(Answer):
    """Something could not be done: a code for programs and words for people."""

    type: Literal["error"]
    error: ErrorCode
    message: str
    request_id: str
    details: ErrorDetails | None = None
