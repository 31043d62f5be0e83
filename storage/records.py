"""What is kept, in plain values that every database can hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class SessionStatus(StrEnum):
    """Where a session stands. ``timeout`` ends one whose client, or whose server, went silent."""

    ACTIVE = "active"
    DISCONNECTED = "disconnected"
    TIMEOUT = "timeout"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRecord:
    """A live session as it stood at ``updated_at``.

    ``style_image_data`` and ``color_image_data`` are cache keys, never the pictures. ``look``
    holds the JSON values of the look. The moments are aware, in UTC.

    Raises ValueError if one of the moments is naive.
    """

    session_id: str
    user_id: str
    style_image_data: str | None
    color_image_data: str | None
    look: Mapping[str, Any] | None
    connected_at: datetime
    last_activity: datetime
    frames_processed: int
    average_latency_ms: float
    dropped_frames: int
    status: SessionStatus
    created_at: datetime
    updated_at: datetime

    def __post_init__(self) -> None:
        for name in ("connected_at", "last_activity", "created_at", "updated_at"):
            require_aware(name, getattr(self, name))


class UploadStatus(StrEnum):
    """Where an uploaded film stands."""

    UPLOADED = "uploaded"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadRecord:
    """An uploaded film (report section 5.1).

    ``filename`` is what its owner called it, ``file_path`` where it is kept among the files,
    ``file_size`` in bytes, ``duration`` in seconds. The moments are aware, in UTC.
    ``request_digest`` tells whether an ``idempotency_key`` comes with the same request again.

    Raises ValueError if one of the moments is naive.
    """

    upload_id: str
    user_id: str
    filename: str
    file_path: str
    file_size: int
    duration: float
    frame_count: int
    format: str
    width_px: int
    height_px: int
    status: UploadStatus
    created_at: datetime
    updated_at: datetime
    idempotency_key: str | None = None
    request_digest: str | None = None

    def __post_init__(self) -> None:
        for name in ("created_at", "updated_at"):
            require_aware(name, getattr(self, name))

    @property
    def size_mpx(self) -> float:
        """How many million pixels all frames have together."""
        return self.width_px * self.height_px * self.frame_count / 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRecord:
    """What a user has agreed to, each purpose by itself.

    ``notice`` is the version of the notice that was agreed to, ``given_at`` when anything first
    was, ``updated_at`` when what stands was said. The moments are aware, in UTC.

    Raises ValueError if one of the moments is naive.
    """

    user_id: str
    processing: bool
    cloud: bool
    notice: str
    given_at: datetime
    updated_at: datetime

    def __post_init__(self) -> None:
        for name in ("given_at", "updated_at"):
            require_aware(name, getattr(self, name))


def require_aware(name: str, moment: datetime) -> None:
    """Raises ValueError, naming the value, if the moment does not say which time zone it is in."""
    if moment.utcoffset() is None:
        raise ValueError(f"{name}: a moment without a time zone")
