"""A large file kept and read, in a process of its own: prints how many bytes of memory it took."""

import asyncio
import resource
import sys
from contextlib import aclosing
from pathlib import Path

from storage.files import Files


async def main(folder: Path, megabytes: int) -> None:
    """Keep it, read it, fetch it, and tell."""
    files = await Files.connect(folder / "data")
    await files.write("small.mp4", bytes(1024**2))
    await files.read("small.mp4", 1024**2)
    before = peak_bytes()
    await files.put("large.mp4", folder / "source")
    file, size_bytes = await files.open("large.mp4"), 0
    async with aclosing(file.read()) as pieces:
        async for piece in pieces:
            size_bytes += len(piece)
            await asyncio.sleep(0.001)
    await files.fetch("large.mp4", folder / "target")
    assert size_bytes == megabytes * 1024**2 == (folder / "target").stat().st_size
    sys.stdout.write(str(peak_bytes() - before))


def peak_bytes() -> int:
    """The most memory that was used at once."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
