"""The file handles that this process may have."""

import os
import resource
from contextlib import suppress


def raise_limit() -> None:
    """As many as it may ask for: shells and systemd begin programs with 1024, which are fewer than
    the connections of a server."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):  # macOS has no such number as its limit says
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def are_free(count: int) -> bool:
    """Whether there are so many more."""
    taken = list[int]()
    try:
        for _ in range(count):
            taken.append(os.open(os.devnull, os.O_RDONLY))
    except OSError:
        return False
    finally:
        for handle in taken:
            os.close(handle)
    return True
