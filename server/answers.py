"""The documents that REST requests are answered with (report section 4.1)."""

from collections.abc import Callable
from typing import Literal, TypeAlias

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from media.clock import iso_utc
from processing.cloud.faults import FallbackReason
from server.errors import ErrorCode
from server.forgotten import Forgotten
from storage.records import UploadRecord, UploadStatus
from storage.results import ResultRecord, ResultStatus

Sign: TypeAlias = Callable[[str], str]
"""Signs an address. See Signer."""


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


class OrderAnswer(Answer):
    """A video will be changed."""

    result_id: str
    status: ResultStatus
    estimated_time: int = Field(description="Seconds until it is done, by how long others took.")
    created_at: str

    @classmethod
    def of(cls, record: ResultRecord, left_s: int) -> "OrderAnswer":
        """What is told of an order that will be done in so many seconds."""
        return cls(
            result_id=record.result_id,
            status=record.status,
            estimated_time=left_s,
            created_at=iso_utc(record.created_at),
        )


class ResultAnswer(Answer):
    """How far a result is, and what came of it."""

    result_id: str
    upload_id: str
    status: ResultStatus
    video_url: str | None = Field(description="Null until it is completed.")
    thumbnail_url: str | None
    signed_video_url: str | None = Field(
        description="For caches that others share: good for a while, and then another one."
    )
    signed_thumbnail_url: str | None
    processing_time: float | None = Field(description="Seconds.")
    frame_count: int | None = Field(description="Frames of the result.")
    sampled_frames: int | None = Field(description="Those that were processed fully.")
    frames_done: int
    frames_total: int
    ai_model: str | None
    error_message: str | None
    created_at: str
    started_at: str | None
    completed_at: str | None

    @classmethod
    def of(cls, record: ResultRecord, sign: Sign) -> "ResultAnswer":
        """What its owner is told of a result."""
        video, thumbnail = _files(record)
        return cls(
            result_id=record.result_id,
            upload_id=record.upload_id,
            status=record.status,
            video_url=video,
            thumbnail_url=thumbnail,
            signed_video_url=sign(video) if video else None,
            signed_thumbnail_url=sign(thumbnail) if thumbnail else None,
            processing_time=record.processing_time,
            frame_count=record.frame_count,
            sampled_frames=record.sampled_frames,
            frames_done=record.frame_count or record.frames_done,
            frames_total=record.frame_count or record.frames_total,
            ai_model=record.ai_model,
            error_message=record.error_message,
            created_at=iso_utc(record.created_at),
            started_at=iso_utc(record.started_at) if record.started_at else None,
            completed_at=iso_utc(record.completed_at) if record.completed_at else None,
        )


class HistoryItem(Answer):
    """A result in a user's history."""

    result_id: str
    status: ResultStatus
    video_url: str | None
    thumbnail_url: str | None
    signed_thumbnail_url: str | None = Field(description="As of a result.")
    created_at: str

    @classmethod
    def of(cls, record: ResultRecord, sign: Sign) -> "HistoryItem":
        """The short form of a result."""
        video, thumbnail = _files(record)
        return cls(
            result_id=record.result_id,
            status=record.status,
            video_url=video,
            thumbnail_url=thumbnail,
            signed_thumbnail_url=sign(thumbnail) if thumbnail else None,
            created_at=iso_utc(record.created_at),
        )


class HistoryAnswer(Answer):
    """A page of a user's results, the latest first."""

    results: list[HistoryItem]
    total: int
    limit: int
    offset: int
    next_cursor: str | None = Field(
        description="`cursor` of the next page, which misses and repeats none; null at the end."
    )


class ProgressAnswer(Answer):
    """What an event tells while a result is being made."""

    result_id: str
    status: ResultStatus
    frames_done: int
    frames_total: int
    progress: float = Field(description="0 to 1.")
    time_left: int = Field(description="About so many seconds.")


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


def _files(record: ResultRecord) -> tuple[str | None, str | None]:
    """The addresses of the video and of its thumbnail, if they are there."""
    video, thumbnail = record.result_video_path, record.thumbnail_path
    return (
        video if video in record.files else None,
        thumbnail if thumbnail in record.files else None,
    )
