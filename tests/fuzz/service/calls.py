"""Offers and candidates by HTTP."""

import json
import random
from typing import Final

from tests.fuzz.mutation import mutated
from tests.fuzz.service.ground import API, USER, Ground
from tests.fuzz.targets.rtc import FRAGMENT, OFFERS, WATCH_OFFER
from tests.fuzz.targets.rtc import WORDS as TEXTS

WORDS: Final = [word.encode() for word in TEXTS]
SDP: Final = {"Content-Type": "application/sdp"}
JSON: Final = {"Content-Type": "application/json"}
TRICKLED: Final = {"Content-Type": "application/trickle-ice-sdpfrag"}
CREATED: Final = 201


class Calls:
    """A call as far as it gets: its offer, its candidates, who watches it, its end."""

    name = "calls"

    def __init__(self, number: int) -> None:
        self._path = f"{API}/webrtc/call-{number}?user_id={USER}"
        self._watch = f"{API}/whep/call-{number}?user_id={USER}"

    async def once(self, ground: Ground, rng: random.Random) -> None:
        """Most offers are refused; what is answered is led on."""
        status = await self._offer(ground, rng, self._path, rng.choice(OFFERS))
        if status != CREATED:
            return
        for _ in range(rng.randint(0, 3)):
            await self._trickle(ground, rng, self._path)
        await self._watched(ground, rng)
        await ground.ask(self.name, "DELETE", self._path)

    async def tidy(self, ground: Ground) -> None:
        """Hang up."""
        await ground.ask(self.name, "DELETE", self._path)

    async def _offer(self, ground: Ground, rng: random.Random, path: str, offer: str) -> int:
        data, headers = mutated(offer.encode(), rng, WORDS), SDP
        if rng.random() < 0.2:
            said = {"type": "offer", "sdp": data.decode(errors="replace")}
            data, headers = json.dumps(said).encode(), JSON
            data = mutated(data, rng, WORDS) if rng.random() < 0.3 else data
        status, _, _ = await ground.ask(self.name, "POST", path, data, sent=data, headers=headers)
        return status

    async def _trickle(self, ground: Ground, rng: random.Random, path: str) -> None:
        data = mutated(FRAGMENT.encode(), rng, WORDS)
        await ground.ask(self.name, "PATCH", path, data, sent=data, headers=TRICKLED)

    async def _watched(self, ground: Ground, rng: random.Random) -> None:
        data = mutated(WATCH_OFFER.encode(), rng, WORDS)
        status, _, headers = await ground.ask(
            self.name, "POST", self._watch, data, sent=data, headers=SDP
        )
        if status == CREATED:
            await self._trickle(ground, rng, headers["Location"])
            await ground.ask(self.name, "DELETE", headers["Location"])
