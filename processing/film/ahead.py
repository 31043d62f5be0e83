"""Work that runs ahead of who needs it, on a thread of its own, and no further than a few items."""

import queue
import threading
from collections.abc import Generator
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

T = TypeVar("T")
POLL_S: Final = 0.1
"""So often a thread that waits looks whether anybody still wants its work."""


@dataclass(frozen=True, slots=True)
class _Item(Generic[T]):
    value: T


@dataclass(frozen=True, slots=True)
class _End:
    error: BaseException | None


def ahead(items: Generator[T, None, None], depth: int) -> Generator[T, None, None]:
    """The same items in the same order, made on another thread, up to ``depth`` of them early.

    What ``items`` raises is raised here, after what came before it. When this is closed early
    the thread ends before the next item. When the thread has ended ``items`` are closed.
    """
    made: queue.Queue[_Item[T] | _End] = queue.Queue(depth)
    wanted = threading.Event()
    wanted.set()
    maker = threading.Thread(target=_make, args=(items, made, wanted), daemon=True)
    maker.start()
    try:
        while isinstance(item := made.get(), _Item):
            yield item.value
        if item.error is not None:
            raise item.error
    finally:
        wanted.clear()
        maker.join()


def _make(
    items: Generator[T, None, None], made: "queue.Queue[_Item[T] | _End]", wanted: threading.Event
) -> None:
    end = _End(None)
    try:
        # Closed here, and not when somebody happens to forget it: a reader's thread must have
        # ended before its file is closed.
        with closing(items):
            for value in items:
                if not _handed_over(_Item(value), made, wanted):
                    return
    except BaseException as error:
        end = _End(error)
    _handed_over(end, made, wanted)


def _handed_over(
    item: _Item[T] | _End, made: "queue.Queue[_Item[T] | _End]", wanted: threading.Event
) -> bool:
    """Whether the item could be put where it is taken from; waits for room."""
    while wanted.is_set():
        with suppress(queue.Full):
            made.put(item, timeout=POLL_S)
            return True
    return False
