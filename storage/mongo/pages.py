"""What a user has in MongoDB, the latest first, in pages."""

from datetime import datetime
from typing import Any

from storage.mongo.client import Document


def of_user(user_id: str, over: datetime) -> Document:
    """Asks for a user's documents that are not over."""
    return {"user_id": user_id, "created_at": {"$gt": over}}


def of_user_after(user_id: str, over: datetime, then: datetime, **behind: str) -> Document:
    """Asks for those of them that come after the one of that moment and, by its field, that id."""
    ids: dict[str, Any] = {name: {"$gt": value} for name, value in behind.items()}
    same = {"user_id": user_id, "created_at": {"$eq": then, "$gt": over}, **ids}
    earlier = {"user_id": user_id, "created_at": {"$lt": then, "$gt": over}}
    return {"$or": [same, earlier]}
