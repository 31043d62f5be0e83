"""How the process keeps the memory that one frame leaves to the next, and no more than that."""

import ctypes
from typing import Final

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""``M_TRIM_THRESHOLD`` and ``M_MMAP_THRESHOLD`` of glibc's malloc.h."""
KEPT_BYTES = 64 << 20
"""So much freed memory stays for the next frames; a 1080p frame on its way takes about 40 MiB."""
MAPPED_FROM_BYTES = 32 << 20
"""Larger blocks, which only photos need, are given back at once; glibc allows no more than this."""
GIVEN_BACK_EVERY_S: Final = 10.0
"""Giving it back takes some 12 ms of a processor, and so does getting it again for the next frames,
which go on meanwhile."""


def keep_freed_memory() -> None:
    """Let malloc keep what a frame has freed; to be called once, at the start.

    A frame's planes are of the size at which glibc gives memory back to the system as soon as it
    is freed; getting it again for the next plane means a fault for each page. That took three
    quarters of a matte's time. Does nothing where the C library is another.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_TRIM_THRESHOLD, KEPT_BYTES)
        mallopt(_MMAP_THRESHOLD, MAPPED_FROM_BYTES)


def give_back_freed_memory() -> None:
    """Let the system have what lies free in between; to be called every now and then, anywhere.

    What a session keeps for seconds lies among planes that are kept for a frame, and leaves gaps
    into which no plane fits: under load a process that used 280 MiB held 390 after some minutes.
    Does nothing where the C library is another.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
