"""Where the picture of an order is kept by whoever has ordered it, beside what all may know."""

from typing import Protocol

from media.frame import Picture


class Keep(Protocol):
    """For one picture, as a model has made it. See NoKeep and KeptCut."""

    async def find(self, key: str, /) -> Picture | None:
        """What was kept, BGR, if it was made of the same (see edit_key). Never raises."""
        ...

    async def keep(self, key: str, picture: Picture, /) -> None:
        """It was paid, whatever comes of it here. Never raises."""
        ...


class NoKeep:
    """Of orders that are not done again."""

    async def find(self, _key: str, /) -> Picture | None:
        """See Keep."""
        return None

    async def keep(self, _key: str, _picture: Picture, /) -> None:
        """See Keep."""
