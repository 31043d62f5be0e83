"""Transactions in MongoDB whose process died, or stands still.

The server would keep them for a minute, and with them everybody else from the queue.
"""

from typing import Any, Final

import pymongo
from pymongo.errors import PyMongoError

from storage.mongo.client import Client

_ABANDONED_US: Final = 2_000_000
"""In a transaction there is nothing to wait for: what was silent for so long was left. If its
process only stood still, it is told so by its next command, and begins again."""
_LOOK_S: Final = 1.0


async def end_abandoned(client: Client) -> None:
    """End the transactions of this service, and of this user, that were left."""
    pipeline: list[dict[str, Any]] = [
        {"$currentOp": {"allUsers": False, "idleSessions": True}},
        {
            "$match": {
                "type": "idleSession",
                "appName": client.options.pool_options.appname,
                "transaction.timeInactiveMicros": {"$gte": _ABANDONED_US},
            }
        },
    ]
    try:
        with pymongo.timeout(_LOOK_S):
            async with await client.admin.aggregate(pipeline) as found:
                sessions = [{"id": one["lsid"]["id"]} async for one in found]
            if sessions:
                await client.admin.command("killSessions", sessions)
    except PyMongoError:
        # Not every server lets its users do this; then they wait.
        return
