"""What documents in MongoDB are looked up by."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from pymongo import ASCENDING, DESCENDING, IndexModel

Keys: TypeAlias = list[tuple[str, int]]

TEXT: Final = {"$type": "string"}
DATE: Final = {"$type": "date"}
"""Whoever asks for what only some documents have says so: then the index of those is used."""

SESSION_USER: Final[Keys] = [("user_id", ASCENDING), ("session_id", ASCENDING)]
SESSION_ACTIVITY: Final[Keys] = [("status", ASCENDING), ("last_activity", ASCENDING)]
SESSION_AGE: Final[Keys] = [("updated_at", ASCENDING)]
OF_USER: Final[Keys] = [("user_id", ASCENDING), ("created_at", DESCENDING)]
UPLOADS: Final[Keys] = [*OF_USER, ("upload_id", ASCENDING)]
HISTORY: Final[Keys] = [*OF_USER, ("result_id", ASCENDING)]
"""However many have the same moment."""
STYLES: Final[Keys] = [*OF_USER, ("style_id", ASCENDING)]
QUEUE: Final[Keys] = [
    ("status", ASCENDING),
    ("created_at", ASCENDING),
    ("result_id", ASCENDING),
    ("user_id", ASCENDING),
]
"""Turns are told, and unfinished results counted, without a look at them."""
LAST_DONE: Final[Keys] = [("status", ASCENDING), ("completed_at", DESCENDING)]
KEY: Final[Keys] = [("user_id", ASCENDING), ("idempotency_key", ASCENDING)]
NOTICES: Final[Keys] = [("notify_at", ASCENDING)]
LEASES: Final[Keys] = [("user_id", ASCENDING), ("lease_until", ASCENDING)]
AGE: Final[Keys] = [("created_at", ASCENDING)]
USAGE: Final[Keys] = [("user_id", ASCENDING), ("month", DESCENDING)]
PHOTOS: Final = "photos"
"""The age of those that have any."""


def _index(name: str, **options: Any) -> IndexModel:
    return IndexModel([(name, ASCENDING)], **options)


def _key_index() -> IndexModel:
    """A user's idempotency key is used once; many records have none."""
    return IndexModel(KEY, unique=True, partialFilterExpression={"idempotency_key": TEXT})


INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {
    "sessions": (
        _index("session_id", unique=True),
        IndexModel(SESSION_USER),
        IndexModel(SESSION_ACTIVITY),
        IndexModel(SESSION_AGE),
    ),
    "uploads": (
        _index("upload_id", unique=True),
        IndexModel(UPLOADS),
        _index("status"),
        _key_index(),
        IndexModel(AGE),
        _index("file_path"),
    ),
    "results": (
        _index("result_id", unique=True),
        IndexModel(HISTORY),
        _index("upload_id"),
        IndexModel(QUEUE),
        IndexModel(LAST_DONE),
        _key_index(),
        IndexModel(NOTICES, partialFilterExpression={"notify_at": DATE}),
        IndexModel(LEASES, partialFilterExpression={"lease_until": DATE}),
        IndexModel(AGE),
        IndexModel(AGE, name=PHOTOS, partialFilterExpression={"has_photos": True}),
        _index("result_video_path"),
        _index("thumbnail_path"),
        _index("style_image_path"),
        _index("color_image_path"),
    ),
    "styles": (
        _index("style_id", unique=True),
        IndexModel(STYLES),
        _key_index(),
        IndexModel(AGE),
        _index("file_path"),
    ),
    "consents": (_index("user_id", unique=True),),
    "usages": (IndexModel(USAGE, unique=True), _index("month")),
    "tiers": (_index("tier", unique=True),),
    "user_tiers": (_index("user_id", unique=True),),
    "bookings": (_index("user_id"), _index("booked_at")),
    "coming_styles": (IndexModel(KEY, unique=True), _index("due")),
    "coming_consents": (_index("user_id"), _index("due")),
    "loose": (_index("due"), _index("user_id")),
}
"""Those of the report (section 5.1), some of them longer, and what else is looked up by."""
