"""How many results each user has, in MongoDB: to count them with every page would take ever
longer.

A tally is a document by the user's name, changed in the transaction that adds or removes results.
"""

from collections.abc import Mapping

from pymongo import UpdateOne

from storage.mongo.client import Collection, Session


async def tally(
    tallies: Collection, results: Mapping[str, int], sign: int, session: Session
) -> None:
    """So many results of each user came (1) or went (-1), in the caller's transaction. Of a user
    who has none left nothing stays."""
    counted = [
        UpdateOne({"_id": user_id}, {"$inc": {"results": sign * number}}, upsert=True)
        for user_id, number in results.items()
    ]
    if counted:
        await tallies.bulk_write(counted, session=session)
    if counted and sign < 0:
        none_left = {"_id": {"$in": list(results)}, "results": {"$lte": 0}}
        await tallies.delete_many(none_left, session=session)


async def tallied(tallies: Collection, user_id: str, session: Session) -> int:
    """How many of this user there are, over or not."""
    found = await tallies.find_one({"_id": user_id}, session=session)
    return 0 if found is None else int(found["results"])
