"""The documents that tell of orders and results (report section 4.1)."""

from collections.abc import Callable
from typing import TypeAlias

from pydantic import Field

from media.clock import iso_utc
from server.answers import Answer
from storage.results import ResultRecord, ResultStatus
from storage.spending import MICRO

Sign: TypeAlias = Callable[[str], str]
"""Signs an address. See Signer."""


class OrderAnswer(Answer):
    """A video will be changed."""

    result_id: str
    status: ResultStatus
    estimated_time: int = Field(description="Seconds until it is done, by how long others took.")
    estimated_cost_usd: float = Field(description="Of pictures that the cloud makes; at most.")
    created_at: str

    @classmethod
    def of(cls, record: ResultRecord, left_s: int, micro_usd: int) -> "OrderAnswer":
        """What is told of an order that will be done in so many seconds, and cost so many
        millionths of a dollar."""
        return cls(
            result_id=record.result_id,
            status=record.status,
            estimated_time=left_s,
            estimated_cost_usd=micro_usd / MICRO,
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
    ai_model: str | None = Field(description="`local`, or `replicate` where hair was cut there.")
    keyframes: int | None = Field(description="Frames whose hair the cloud has cut.")
    cost_usd: float | None = Field(
        description="What was paid in the attempt that made it; null unless it is completed. "
        "`usage` has all that was paid."
    )
    fallback: str | None = Field(
        description="Why it was made here, though the cloud was wanted; where `ai_model` is "
        "`replicate`, why some of the frames that were worth it were not cut."
    )
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
            keyframes=record.keyframes,
            cost_usd=None if record.cost_micro_usd is None else record.cost_micro_usd / MICRO,
            fallback=record.fallback,
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
    ai_model: str | None = Field(description="As of a result.")
    fallback: str | None = Field(description="As of a result.")
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
            ai_model=record.ai_model,
            fallback=record.fallback,
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


def _files(record: ResultRecord) -> tuple[str | None, str | None]:
    """The addresses of the video and of its thumbnail, if they are there."""
    video, thumbnail = record.result_video_path, record.thumbnail_path
    return (
        video if video in record.files else None,
        thumbnail if thumbnail in record.files else None,
    )
