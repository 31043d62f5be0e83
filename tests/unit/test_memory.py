"""Memory that frames have freed, by how much of this process's is resident."""

import platform
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
BLOCKS, BLOCK_BYTES = 200, 1 << 20
FRAGMENTED: Final = f"""
import numpy as np, psutil
from processing.local.memory import give_back_freed_memory, keep_freed_memory
keep_freed_memory()
resident = lambda: psutil.Process().memory_info().rss
kept, planes = [], []
for _ in range({BLOCKS}):
    planes.append(np.ones({BLOCK_BYTES}, np.uint8))
    kept.append(np.ones(4096, np.uint8))
del planes
before = resident()
give_back_freed_memory()
print(before - resident(), all(one.all() for one in kept))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries do as they like")
def test_what_lies_free_between_what_is_kept_is_given_back() -> None:
    run = subprocess.run(
        [sys.executable, "-c", FRAGMENTED], cwd=ROOT, check=True, capture_output=True, text=True,
        timeout=60,
    )  # fmt: skip
    given_back, is_whole = run.stdout.split()
    assert int(given_back) >= 0.9 * BLOCKS * BLOCK_BYTES
    assert is_whole == "True"
