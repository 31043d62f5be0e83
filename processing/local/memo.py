"""What was once made of a photo, kept for the frames to come."""

import weakref
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from media.frame import Picture

T = TypeVar("T")


class PhotoMemo(Generic[T]):
    """Remembers one thing made from one photo.

    The photo is known by its identity and is not kept alive by being remembered.
    """

    def __init__(self) -> None:
        self._photo: weakref.ref[Picture] | None = None
        self._key: Hashable = None
        self._made: tuple[T] | None = None

    def get(self, photo: Picture, key: Hashable, make: Callable[[], T]) -> T:
        """What was made of this photo for this key; made now if it was not the last time."""
        same = self._photo is not None and self._photo() is photo and self._key == key
        if self._made is None or not same:
            self._made = (make(),)
            self._photo, self._key = weakref.ref(photo), key
        return self._made[0]
