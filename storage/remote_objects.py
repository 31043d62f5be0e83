"""Objects in an object storage: S3 and what speaks its language, Google Cloud Storage, Azure."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeVar

from obstore.exceptions import BaseError
from obstore.store import from_url

from storage.errors import FileMissing, StorageUnsuitable
from storage.objects import Beginning, Objects, Parts, check_name, failing

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig

PART_BYTES: Final = 5 * 1024 * 1024
"""What is larger goes in parts of this size, the least that S3 takes."""
PARTS_AT_ONCE: Final = 2

_CLIENT: "Final[ClientConfig]" = {
    "connect_timeout": timedelta(seconds=3),
    "timeout": timedelta(seconds=30),
    # Who names an address without TLS in the provider's variables means it.
    "allow_http": True,
}
_RETRY: "Final[RetryConfig]" = {
    "max_retries": 2,
    "retry_timeout": timedelta(seconds=30),
    "backoff": {
        "init_backoff": timedelta(milliseconds=100),
        "max_backoff": timedelta(seconds=2),
        "base": 2,
    },
}

T = TypeVar("T")


class RemoteObjects(Objects):
    """See Objects. obstore reads credentials where the provider's own tools find them."""

    @classmethod
    def at(cls, url: str) -> "RemoteObjects":
        """At this address (``s3://BUCKET/PATH``). Nothing is asked yet.

        Raises StorageUnsuitable if there can be no store with it, or with the variables in the
        environment.
        """
        try:
            return cls(from_url(url, client_options=_CLIENT, retry_config=_RETRY))
        except (BaseError, ValueError) as error:
            raise StorageUnsuitable(f"object storage: {type(error).__name__}") from None

    async def part(self, name: str, start: int, stop: int, use: Callable[[memoryview], T]) -> T:
        """See Objects."""
        check_name(name)
        with failing():
            data = await self._store.get_range_async(name, start=start, end=stop)
        return await asyncio.to_thread(use, memoryview(data))

    async def delete(self, name: str) -> None:
        """See Objects."""
        check_name(name)
        with suppress(FileMissing), failing():
            await self._store.delete_async(name)

    async def close(self) -> None:
        """See Objects. obstore lets go by itself."""

    async def _put(self, name: str, parts: Parts, size_bytes: int) -> None:
        with failing():
            if size_bytes <= PART_BYTES:
                data = await asyncio.to_thread(b"".join, parts)
                await self._store.put_async(name, data, use_multipart=False)
            else:
                # obstore takes the parts back from the store where one of them cannot be had.
                await self._store.put_async(
                    name, _asked(parts), chunk_size=PART_BYTES, max_concurrency=PARTS_AT_ONCE
                )

    async def _begin(self, name: str, size_bytes: int) -> Beginning:
        with failing():
            found = await self._store.get_async(name, options={"range": (0, size_bytes)})
            meta, data = found.meta, await found.bytes_async()
        return Beginning(memoryview(data), meta["size"], meta["last_modified"])


async def _asked(parts: Parts) -> AsyncIterator[bytes]:
    while (part := await asyncio.to_thread(next, parts, None)) is not None:
        yield part
