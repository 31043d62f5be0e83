"""The pictures that go along with a prediction."""

import asyncio
from base64 import b64encode
from contextlib import suppress
from typing import Final, Self

from processing.cloud.faults import CloudFault
from processing.cloud.patience import Patience
from processing.cloud.replicate_link import ReplicateLink, SentFile

LARGEST_TOLD_BYTES: Final = 256 * 1024
"""Up to here the service wants a picture in the inputs themselves."""


class Attachments:
    """Makes pictures known to the service for the time of the block, and deletes them then."""

    def __init__(self, link: ReplicateLink, patience: Patience) -> None:
        self._link = link
        self._patience = patience
        self._sent: list[SentFile] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        # What cannot be deleted now the service deletes within a day.
        with suppress(CloudFault, TimeoutError):
            async with asyncio.timeout(self._patience.end_s):
                for file in self._sent:
                    await self._link.delete(file)

    async def address(self, jpeg: bytes, until_s: float) -> str:
        """Where a model finds the picture: in the address itself, if it is small."""
        if len(jpeg) <= LARGEST_TOLD_BYTES:
            return f"data:image/jpeg;base64,{b64encode(jpeg).decode()}"
        file = await self._patience.insist(lambda: self._link.send(jpeg), until_s)
        self._sent.append(file)
        return file.address
