"""Where attacks take place: a server, credentials for it, and a look at each of its answers."""

import asyncio
import random
import time
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, Protocol

from aiohttp import ClientError, ClientSession, ClientTimeout

from tests.fuzz.find import Finds
from tests.fuzz.service.process import KEY, FuzzedServer
from tests.tokens import ADMIN, token

API: Final = "/api/hair-tryOn"
USER: Final = "ann"
LIVE_USER: Final = "eve"
"""Whose data nobody erases, since that would end the sessions."""
ANSWER_S: Final = 60.0
"""No answer takes so long, however busy the machine is."""
LATELY: Final = 30
"""So many of the last things sent are kept with what only the log tells of."""
INSIDE: Final = (b"Traceback (most recent", b'File "', b"site-packages", b"sqlite3.")
"""What no answer may contain."""


def bearer(user_id: str = USER, **others: Any) -> dict[str, str]:
    """The headers of who has a token for an hour."""
    return {"Authorization": f"Bearer {token(user_id, exp=int(time.time()) + 3600, **others)}"}


def credentials() -> Mapping[str, dict[str, str]]:
    """Callers of all kinds."""
    return {
        "user": bearer(),
        "admin": bearer("root", scope=ADMIN),
        "key": {"X-API-Key": KEY},
        "forger": bearer(key="another secret, of 32 bytes at least"),
    }


@dataclass(slots=True)
class Ground:
    """One server under attack. ``counts`` are of answers, by attack and by kind."""

    server: FuzzedServer
    http: ClientSession
    finds: Finds
    counts: Counter[str] = field(default_factory=Counter)
    lately: deque[tuple[str, bytes]] = field(default_factory=lambda: deque(maxlen=LATELY))

    def note_sent(self, where: str, data: bytes) -> None:
        """Remember what the log might tell something of."""
        self.lately.append((where, data))

    def look_at(self, where: str, status: int, body: bytes, sent: bytes) -> None:
        """Count an answer, and see whether it is one that may be."""
        self.counts[f"{where} {status}"] += 1
        own = str(self.server.data_dir).encode()
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.SERVICE_UNAVAILABLE:
            self.finds.note(where, f"status {status}: {body[:300]!r}", sent)
        if any(words in body for words in (*INSIDE, own)):
            self.finds.note(where, f"an answer tells of the inside: {body[:300]!r}", sent)

    async def ask(
        self,
        where: str,
        method: str,
        path: str,
        data: Any = None,
        *,
        sent: bytes = b"",
        headers: Mapping[str, str] | None = None,
        user: Mapping[str, str] | None = None,
    ) -> tuple[int, bytes, Mapping[str, str]]:
        """Send a request: the status (0 where the connection ended), the body, the headers."""
        self.note_sent(where, sent or path.encode())
        asked = self.http.request(
            method, self.server.url + path, data=data, timeout=ClientTimeout(ANSWER_S),
            headers={**(bearer() if user is None else user), **(headers or {})},
        )  # fmt: skip
        try:
            async with asked as answer:
                body = await answer.read()
        except TimeoutError:
            self.finds.note(where, f"{method} {path.partition('?')[0]} is not answered", sent)
            return 0, b"", {}
        except (ClientError, ValueError):
            self.counts[f"{where} cut off"] += 1
            return 0, b"", {}
        self.look_at(where, answer.status, body, sent or path.encode())
        return answer.status, body, answer.headers


class Attack(Protocol):
    """Does harm, if it can, a little at a time."""

    name: str

    async def once(self, ground: Ground, rng: random.Random) -> None:
        """One exchange, of seconds at most."""
        ...

    async def tidy(self, ground: Ground) -> None:
        """Leave nothing open."""
        ...


async def repeat(attack: Attack, ground: Ground, rng: random.Random, until_s: float) -> None:
    """Again and again until that moment of the loop's clock."""
    while asyncio.get_running_loop().time() < until_s:
        await attack.once(ground, rng)
        ground.counts[attack.name] += 1
    await attack.tidy(ground)
