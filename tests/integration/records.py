"""Documents for the databases' tests, and where they keep them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from storage.database import Database
from storage.records import (
    ConsentRecord,
    SessionRecord,
    SessionStatus,
    UploadRecord,
    UploadStatus,
)
from storage.results import QueueBounds, ResultRecord, ResultStatus, RunningBounds
from storage.styles import StyleRecord

NOW = datetime(2026, 3, 4, 5, 6, 7, 891000, tzinfo=UTC)
ROOMY = QueueBounds(1000, 1000)
ANY = RunningBounds(1000, 1000)
"""As many as there are."""
NEVER = NOW + timedelta(days=36_500)
"""Files that come by then are not swept, whatever time it is for a test."""
RECORD = SessionRecord(
    session_id="s1",
    user_id="ann",
    style_image_data="picture:style",
    color_image_data=None,
    look={"engine": "classic", "color": "#a64b23", "intensity": 0.8, "extra": [None, {"é": 1}]},
    connected_at=NOW,
    last_activity=NOW + timedelta(seconds=1),
    frames_processed=3,
    average_latency_ms=0.1 + 0.2,
    dropped_frames=1,
    status=SessionStatus.ACTIVE,
    created_at=NOW,
    updated_at=NOW + timedelta(milliseconds=1),
)
CONSENT = ConsentRecord(
    user_id="ann",
    processing=True,
    cloud=False,
    notice="0123456789ab",
    given_at=NOW,
    updated_at=NOW + timedelta(milliseconds=1),
)
UPLOAD = UploadRecord(
    upload_id="up1",
    user_id="ann",
    filename="Müller & söhne.mp4",
    file_path="/uploads/0b7e.mp4",
    file_size=5_242_880_000,
    duration=0.1 + 0.2,
    frame_count=150,
    format="mp4",
    width_px=640,
    height_px=480,
    status=UploadStatus.UPLOADED,
    created_at=NOW,
    updated_at=NOW + timedelta(milliseconds=1),
)
STYLE = StyleRecord(
    style_id="st1",
    user_id="ann",
    prompt='short "curls", copper & gold: élégant',
    aspect="4:5",
    model="somebody/draws",
    file_path="/uploads/style_st1.jpg",
    created_at=NOW,
)
RESULT = ResultRecord(
    result_id="r1",
    upload_id="up1",
    user_id="ann",
    style_image_path="/uploads/style.jpg",
    color_image_path=None,
    look={"engine": "natural", "color": "copper"},
    sampling_rate=0.5,
    stabilize=True,
    size_mpx=46.08,
    result_video_path="/uploads/result.mp4",
    thumbnail_path="/uploads/thumb.jpg",
    status=ResultStatus.QUEUED,
    frames_total=150,
    created_at=NOW,
    updated_at=NOW,
)


def database_file(folder: Path) -> Path:
    """The SQLite file of a test."""
    return folder / "data" / "sessions.db"


async def add_consent(database: Database, record: ConsentRecord) -> ConsentRecord:
    """As it comes in: it is noted before."""
    consent_id = await database.consents.note(record.user_id, NEVER)
    return await database.consents.put(record, consent_id)


async def add_upload(database: Database, record: UploadRecord) -> UploadRecord:
    """As it comes in: its file is noted before."""
    await database.loose.note([record.file_path], record.user_id, NEVER)
    return await database.uploads.add(record)


async def add_style(database: Database, record: StyleRecord) -> StyleRecord:
    """As it is made: its file is noted before."""
    await database.loose.note([record.file_path], record.user_id, NEVER)
    return await database.styles.add(record)


async def add_result(database: Database, record: ResultRecord, bounds: QueueBounds) -> ResultRecord:
    """As it is ordered: its photos are noted before."""
    if record.photos:
        await database.loose.note(record.photos, record.user_id, NEVER)
    return await database.results.add(record, bounds)
