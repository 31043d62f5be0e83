"""Tells users' servers that a result is finished: signed calls, made again until one is heard.

Signed as in Standard Webhooks (github.com/standard-webhooks, specification 1.0).
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

import orjson
import structlog
from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from standardwebhooks import Webhook

from media.clock import Clock, iso_utc
from server.jobs.outside import OutsideResolver, checked_url
from server.logs import pseudonym
from server.result_answers import ResultAnswer, Sign
from server.signed import Signer
from server.version import SERVICE_NAME, VERSION
from storage.database import Database
from storage.errors import StorageError
from storage.results import ResultRecord

LOOK_S: Final = 1.0
"""So often it is looked whether anybody is to be told."""
AT_ONCE: Final = 8
CALL_S: Final = 10.0
"""A server that does not answer within this is called again later."""
LEASE_S: Final = 60.0
"""Who dies in a call leaves it to others after this."""
DELAYS_S: Final = (5, 30, 120, 600, 3600)
"""Between the calls; after the last one nobody is told any more."""

HEARD: Final = range(200, 300)

log = structlog.get_logger(__name__)


class Herald:
    """Any number of them may be at work at once. ``trusted`` hosts are called wherever they are."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        signer: Signer,
        secret: str,
        trusted: frozenset[str],
    ) -> None:
        self._database = database
        self._clock = clock
        self._sign = signer.sign
        self._webhook = Webhook(secret)
        self._trusted = trusted

    async def run(self) -> None:
        """Tell until cancelled."""
        async with self._session() as http, asyncio.TaskGroup() as calls:
            places = asyncio.Semaphore(AT_ONCE)
            while True:
                await places.acquire()
                record = await self._due()
                if record is None:
                    places.release()
                    await asyncio.sleep(LOOK_S)
                else:
                    calling = calls.create_task(self._tell(http, record))
                    calling.add_done_callback(lambda _: places.release())

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[ClientSession]:
        connector = TCPConnector(resolver=OutsideResolver(self._trusted), force_close=True)
        timeout = ClientTimeout(total=CALL_S)
        async with ClientSession(
            connector=connector, timeout=timeout, cookie_jar=DummyCookieJar()
        ) as http:
            yield http

    async def _due(self) -> ResultRecord | None:
        now = self._clock.utc_now()
        try:
            return await self._database.results.claim_notice(now, now + timedelta(seconds=LEASE_S))
        except StorageError as error:
            log.warning("nobody can be told", reason=str(error))
            return None

    async def _tell(self, http: ClientSession, record: ResultRecord) -> None:
        failure = await self._call(http, record)
        again_at = None
        if failure is not None and record.notify_attempts <= len(DELAYS_S):
            delay_s = DELAYS_S[record.notify_attempts - 1]
            again_at = self._clock.utc_now() + timedelta(seconds=delay_s)
        result_id, attempt = pseudonym(record.result_id), record.notify_attempts
        log.info("webhook called", result_id=result_id, attempt=attempt, failure=failure)
        try:
            await self._database.results.end_notice(record.result_id, again_at)
        except StorageError as error:
            log.warning("webhook may be called again", reason=str(error))

    async def _call(self, http: ClientSession, record: ResultRecord) -> str | None:
        """Why the call was not heard; None if it was."""
        body = notice(record, self._sign)
        try:
            url = checked_url(record.webhook_url or "", self._trusted)
            # A redirect could lead anywhere.
            async with http.post(
                url, data=body, headers=self._headers(record, body), allow_redirects=False
            ) as answer:
                return None if answer.status in HEARD else f"status {answer.status}"
        except Exception as error:
            return type(error).__name__

    def _headers(self, record: ResultRecord, body: bytes) -> dict[str, str]:
        now = self._clock.utc_now()
        return {
            "Content-Type": "application/json",
            "User-Agent": f"{SERVICE_NAME}/{VERSION}",
            "webhook-id": record.result_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._webhook.sign(record.result_id, now, body.decode()),
        }


def notice(record: ResultRecord, sign: Sign) -> bytes:
    """What is told: the result as it can be asked for."""
    ended_at = record.completed_at or record.updated_at
    return orjson.dumps(
        {
            "type": f"result.{record.status}",
            "timestamp": iso_utc(ended_at),
            "data": ResultAnswer.of(record, sign).model_dump(mode="json"),
        }
    )
