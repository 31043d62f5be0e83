"""Webhooks of the stand-in, signed as documented: over the id, the time and the body."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from aiohttp import ClientError, ClientSession, ClientTimeout
from standardwebhooks import Webhook

TIMES = 1
"""So many times each is sent; duplicates are allowed for."""


def signed(secret: str, id_: str, moment: datetime, body: bytes) -> dict[str, str]:
    """The three headers."""
    signature = Webhook(secret).sign(id_, moment, body.decode())
    return {
        "Webhook-Id": id_,
        "Webhook-Timestamp": str(int(moment.timestamp())),
        "Webhook-Signature": signature,
        "Content-Type": "application/json",
    }


class WebhookSender:
    """Sends what is over to whom it was asked to; follows no redirect.

    Each is sent ``times`` times, each time signed anew with ``secret``, a second later than before
    and as ``age_s`` ago. What was sent last is kept. With ``comes_first``
    it is sent before whoever asked for the prediction is answered. ``leads_to`` are the servers
    behind public addresses, by these.
    """

    def __init__(self, secret: str) -> None:
        self.times = TIMES
        self.secret = secret
        self.age_s = 0.0
        self.comes_first = False
        self.leads_to: dict[str, str] = {}
        self.answers: list[int] = []
        self.sent: tuple[dict[str, str], bytes] = ({}, b"")
        self._tasks: set[asyncio.Task[None]] = set()

    async def announce(self, url: str, over: Awaitable[dict[str, Any]]) -> None:
        """Send the prediction when there is one."""
        task = asyncio.ensure_future(self._send(url, over))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if self.comes_first:
            await asyncio.wait([task])

    async def close(self) -> None:
        """Send no more."""
        for task in tuple(self._tasks):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _send(self, url: str, over: Awaitable[dict[str, Any]]) -> None:
        body = orjson.dumps(await over)
        id_ = f"msg_{len(self.answers)}"
        for public, address in self.leads_to.items():
            url = url.replace(public, address)
        async with ClientSession(timeout=ClientTimeout(total=10)) as http:
            for number in range(self.times):
                moment = datetime.now(UTC) + timedelta(seconds=number - self.age_s)
                headers = signed(self.secret, id_, moment, body)
                self.sent = (headers, body)
                with suppress(ClientError):
                    async with http.post(
                        url, data=body, headers=headers, allow_redirects=False
                    ) as answer:
                        self.answers.append(answer.status)
