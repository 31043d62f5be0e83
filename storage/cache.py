"""The contract that every cache keeps, and how its keys are made."""

from typing import Final, Literal, Protocol, TypeAlias

CacheKind: TypeAlias = Literal["style", "color", "status", "result", "rate", "edit"]
"""What an entry is: a live session's photo (``style``, ``color``), a job's live progress, which
result an order was answered with, how often something was done, what a model made of a photo."""

_SEPARATOR: Final = ":"


def cache_key(kind: CacheKind, user_id: str, rest: str) -> str:
    """``KIND:USER:REST``, the key of an entry that belongs to a user.

    Users' ids may hold colons. ``rest`` holds none, so that no two users' keys are the same.
    Raises ValueError if it does, or if one of the two is empty.
    """
    if not user_id or not rest or _SEPARATOR in rest:
        raise ValueError("a key without a user or a rest, or with a colon in its rest")
    return _SEPARATOR.join((kind, user_id, rest))


def is_of(key: str, user_id: str, kind: CacheKind | None) -> bool:
    """Whether the key belongs to the user, and is of that kind, if one is said."""
    return user_of(key) == user_id and (kind is None or key.startswith(f"{kind}{_SEPARATOR}"))


def user_of(key: str) -> str | None:
    """The user whom a key belongs to, None for one that ``cache_key`` has not made."""
    return key.partition(_SEPARATOR)[2].rpartition(_SEPARATOR)[0] or None


class Cache(Protocol):
    """Bytes by key, for a while. A cache may forget anything at any time, but is never wrong.

    Every call but ``close`` raises StorageClosed after ``close``, and StorageFailed if the cache
    cannot be reached. A call that is cancelled goes on by itself, if it has begun.
    """

    async def get(self, key: str) -> bytes | None:
        """The value last set, None if its time is over or it was forgotten."""
        ...

    async def set(self, key: str, value: bytes, ttl_s: float) -> None:
        """Replace the value of the key, for ``ttl_s`` seconds.

        A value that cannot be kept is forgotten at once, and so is what the key held before.
        """
        ...

    async def delete(self, key: str) -> None:
        """Forget the key, if it is there."""
        ...

    async def count(self, key: str, ttl_s: float) -> int:
        """One more: how often this was called for the key, from one on. For limits of how often
        somebody may do something, whatever process they ask.

        The first call sets the time to live, in seconds above zero, which later ones don't
        prolong. No two calls get the same number, however many processes make them. Raises
        StorageFailed if the key holds something else than a count, or there is no room for one.
        """
        ...

    async def hold(self, key: str, owner: bytes, ttl_s: float) -> bool:
        """Whether the key is this owner's by now, for ``ttl_s`` seconds above zero: it was theirs,
        or nobody's. No two hold it at once, whatever process they ask. Raises StorageFailed if
        there is no room for it."""
        ...

    async def let_go(self, key: str, owner: bytes) -> None:
        """Forget the key, if this owner holds it."""
        ...

    async def forget_user(self, user_id: str, kind: CacheKind | None = None) -> int:
        """Forget every entry of this user, or those of one kind; how many there were.

        Those are forgotten that were there before the call; others may be. See ``cache_key``.
        """
        ...

    async def ping(self) -> None:
        """Return if the cache can answer."""
        ...

    async def close(self) -> None:
        """Let go of the cache. May be called again."""
        ...
