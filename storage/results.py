"""A film that is to be changed, or has been: the record, and what happens to it in its life."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from storage.records import require_aware
from storage.retention import Horizon


class ResultStatus(StrEnum):
    """Where a result stands."""

    QUEUED = "queued"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether nothing will change any more."""
        return self not in (ResultStatus.QUEUED, ResultStatus.PROCESSING)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRecord:
    """What is asked for, how far it is, and what came of it (report section 5.1).

    The paths of the video and of its thumbnail are chosen at the beginning, so that whoever does
    the work, and does it again, puts it in the same place; there is something at them when the
    status is ``completed``. ``frame_count`` is how many frames the result has, ``sampled_frames``
    how many of them were processed fully, ``processing_time`` in seconds. ``look`` holds the JSON
    values of the look. ``size_mpx`` is how many million pixels all frames have together.

    ``max_keyframes`` frames at most are to be cut in the cloud, as ``haircut`` says or the style
    photo shows; None: it is made here alone. ``keyframes`` were, and the attempt that made it paid
    ``cost_micro_usd`` millionths of a dollar; ``fallback`` is why none was, or why some were not.

    ``attempts`` counts how often the work was begun. Who works on it is the ``lease_owner``, for
    as long as the lease lasts. ``notify_at`` is when its owner's server is to be told next.

    Raises ValueError if one of the moments is naive.
    """

    result_id: str
    upload_id: str
    user_id: str
    style_image_path: str | None
    color_image_path: str | None
    look: Mapping[str, Any]
    sampling_rate: float
    stabilize: bool
    haircut: str | None = None
    max_keyframes: int | None = None
    size_mpx: float
    result_video_path: str
    thumbnail_path: str
    status: ResultStatus
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None = None
    completed_at: datetime | None = None
    processing_time: float | None = None
    frame_count: int | None = None
    sampled_frames: int | None = None
    frames_done: int = 0
    frames_total: int
    ai_model: str | None = None
    keyframes: int | None = None
    cost_micro_usd: int | None = None
    fallback: str | None = None
    error_message: str | None = None
    attempts: int = 0
    lease_owner: str | None = None
    lease_until: datetime | None = None
    idempotency_key: str | None = None
    request_digest: str | None = None
    webhook_url: str | None = None
    notify_at: datetime | None = None
    notify_attempts: int = 0

    def __post_init__(self) -> None:
        for name in ("created_at", "updated_at", "started_at", "completed_at", "lease_until",
                     "notify_at"):  # fmt: skip
            moment = getattr(self, name)
            if moment is not None:
                require_aware(name, moment)

    @property
    def paths(self) -> tuple[str, ...]:
        """Where its files are, or may be."""
        paths = (self.result_video_path, self.thumbnail_path, self.style_image_path,
                 self.color_image_path)  # fmt: skip
        return tuple(path for path in paths if path is not None)

    @property
    def photos(self) -> tuple[str, ...]:
        """Where the photos are that came with it."""
        photos = (self.style_image_path, self.color_image_path)
        return tuple(path for path in photos if path is not None)

    @property
    def files(self) -> tuple[str, ...]:
        """Those of the paths at which there is a file."""
        is_made = self.status is ResultStatus.COMPLETED
        made = (self.result_video_path, self.thumbnail_path)
        return tuple(path for path in self.paths if is_made or path not in made)


def as_seen(record: ResultRecord, horizon: Horizon) -> ResultRecord:
    """The record without photos that are over, unless somebody is working with them."""
    is_over = record.created_at <= horizon.photos and record.status is not ResultStatus.PROCESSING
    return replace(record, style_image_path=None, color_image_path=None) if is_over else record


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a list of what a user has, behind the record with this moment and id."""

    created_at: datetime
    id: str

    @classmethod
    def behind(cls, record: ResultRecord) -> "Cursor":
        """The place behind this one."""
        return cls(record.created_at, record.result_id)


@dataclass(frozen=True, slots=True)
class QueueBounds:
    """How many unfinished results there may be, in all and of one user."""

    in_all: int
    per_user: int


@dataclass(frozen=True, slots=True)
class VideoQuota:
    """How many films the user may order in a month, by UTC; None: any number."""

    per_month: int | None


@dataclass(frozen=True, slots=True)
class RunningBounds:
    """How many results may be worked on at once, in all and of one user."""

    in_all: int
    per_user: int


@dataclass(frozen=True, slots=True)
class Lease:
    """``owner``, a name that is used once, works on a result until then; ``now`` is when it is
    taken or renewed."""

    owner: str
    now: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How the work on a result ended."""

    status: ResultStatus
    now: datetime
    processing_time: float | None = None
    frame_count: int | None = None
    sampled_frames: int | None = None
    ai_model: str | None = None
    keyframes: int | None = None
    cost_micro_usd: int | None = None
    fallback: str | None = None
    error_message: str | None = None


@dataclass(frozen=True, slots=True)
class Workload:
    """What is waiting, what is worked on, and how fast the last results were made.

    ``left_mpx`` is what the unfinished ones have together; the last ones' ``done_mpx`` took
    ``done_s``. Of those that waited for the cloud nothing is to be learned.
    """

    queued: int
    processing: int
    left_mpx: float
    done_mpx: float
    done_s: float


@dataclass(frozen=True, slots=True)
class Erased:
    """How many records of a user were deleted."""

    sessions: int = 0
    uploads: int = 0
    results: int = 0
    styles: int = 0

    def __add__(self, other: "Erased") -> "Erased":
        return Erased(
            self.sessions + other.sessions,
            self.uploads + other.uploads,
            self.results + other.results,
            self.styles + other.styles,
        )

    @property
    def is_none(self) -> bool:
        """Whether there was nothing to delete."""
        return self == Erased()
