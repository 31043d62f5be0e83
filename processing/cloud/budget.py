"""What may be spent on pictures, in millionths of a dollar."""

from dataclasses import dataclass
from typing import Protocol


class Purse(Protocol):
    """The money of whoever's picture it is. It is put aside before anything is ordered; what is
    not settled stays spent. Neither call is broken off, and both end soon."""

    async def put_aside(self, micro_usd: int) -> str | None:
        """The name of what is put aside by this; None: there is not so much left, or nobody knows.

        Of those who ask at the same time nobody gets what another one has. Raises CloudFault where
        it is not wanted any more.
        """
        ...

    async def settle(self, name: str, micro_usd: int) -> None:
        """It has cost so much, which may be nothing. Never raises."""
        ...


@dataclass(slots=True)
class Bill:
    """Whether an edit that was called off has cost money, or nobody knows."""

    is_open: bool = True
