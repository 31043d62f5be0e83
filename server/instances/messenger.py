"""What instances tell all others, since each knows some of it by itself alone."""

import asyncio
from typing import Final
from urllib.parse import quote

import structlog

from server.instances.lodging import SharedLodging
from server.instances.neighbours import InstanceGone, InstanceSilent, Neighbours

ERASED: Final = "/-/erased"
ERASED_S: Final = 3.0
"""Sessions end within half a second. Who takes longer finds by itself, a moment later, that the
documents are gone."""
OK: Final = 200

log = structlog.get_logger(__name__)


class Messenger:
    """Tells it; an instance that cannot be reached does without."""

    def __init__(self, lodging: SharedLodging, neighbours: Neighbours) -> None:
        self._lodging = lodging
        self._neighbours = neighbours

    async def erased(self, user_id: str) -> int:
        """A user is being erased: what comes in of them everywhere is not kept, and their live
        sessions end; how many there were."""
        others = await self._lodging.others()
        return sum(await asyncio.gather(*(self._tell(one, user_id) for one in others)))

    async def _tell(self, address: str, user_id: str) -> int:
        target = f"{ERASED}?user_id={quote(user_id, safe='')}"
        try:
            status, said = await self._neighbours.ask(address, "POST", target, ERASED_S)
        except (InstanceGone, InstanceSilent) as error:
            log.warning("erasure not told another instance", reason=type(error).__name__)
            return 0
        if status != OK:
            log.warning("erasure not told another instance", reason=f"status {status}")
            return 0
        return int(said)
