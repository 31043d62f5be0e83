"""How the process keeps the memory that one frame leaves to the next."""

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""``M_TRIM_THRESHOLD`` and ``M_MMAP_THRESHOLD`` of glibc's malloc.h."""
KEPT_BYTES = 64 << 20
"""So much freed memory stays with the process; a 1080p frame on its way takes about 40 MiB."""
MAPPED_FROM_BYTES = 32 << 20
"""Larger blocks, which only photos need, are given back at once; glibc allows no more than this."""


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
