"""Idempotency keys in MongoDB: what was added under a user's key is found, and not added again."""

from datetime import datetime

from storage.errors import KeyReused
from storage.mongo.client import Collection, Document, Session
from storage.mongo.indexes import KEY, TEXT


async def added_before(
    collection: Collection, document: Document, over: datetime, session: Session
) -> Document | None:
    """The document that the same request added. Raises KeyReused if another request did.

    Of a document that is over, since it is as old as that, the key is taken.
    """
    key = document["idempotency_key"]
    if key is None:
        return None
    mine = {"user_id": document["user_id"], "idempotency_key": {"$eq": key, **TEXT}}
    found = await collection.find_one(mine, hint=KEY, session=session)
    if found is None:
        return None
    if found["created_at"] <= over:
        freed = {"$set": {"idempotency_key": None}}
        await collection.update_one({"_id": found["_id"]}, freed, session=session)
        return None
    if found["request_digest"] != document["request_digest"]:
        raise KeyReused
    return found
