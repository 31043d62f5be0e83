"""A cloud that hangs, a process of its own: ``python -m tests.bench.cloud_host``.

Whatever is ordered is taken, and never started.
"""

import asyncio
from math import inf

import uvloop
from yarl import URL

from tests.bench.host import READY, until_let_go
from tests.replicate.predictions import Course
from tests.replicate.service import ReplicateService


async def _hang() -> None:
    service = ReplicateService()
    service.course = Course(starts_after_s=inf)
    await service.start()
    try:
        print(f"{READY}{URL(service.url).port}", flush=True)
        await until_let_go()
    finally:
        await service.stop()


def main() -> None:
    """Serve until standard input is closed."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_hang())


if __name__ == "__main__":
    main()
