"""The service with one kept video, plain and sealed: ``python -m tests.bench.files_host FILE``."""

import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from aiohttp import web

from processing.engine import Engines
from server.app import create_app
from server.keys import SERVICES
from server.logs import configure_logging
from storage.addresses import name_of
from storage.results import Ending, Lease, QueueBounds, ResultStatus, RunningBounds
from tests.bench.host import run_app
from tests.bench.service import bench_engine, bench_settings
from tests.integration.records import RESULT, UPLOAD, add_result, add_upload

SEALED: Final = "/uploads/result_00000000-0000-4000-8000-000000000001.mp4"
PLAIN: Final = "/plain"


def main(path: Path) -> None:
    """Serve until standard input is closed."""
    configure_logging("console", "warning")

    async def plain(_: web.Request) -> web.FileResponse:
        return web.FileResponse(path)

    async def kept(app: web.Application) -> AsyncIterator[None]:
        await _keep(app, path)
        yield

    with tempfile.TemporaryDirectory() as folder:
        app = create_app(bench_settings(Path(folder), 1), engines=Engines(bench_engine("none", 0)))
        app.router.add_get(PLAIN, plain)
        app.cleanup_ctx.append(kept)
        run_app(app)


async def _keep(app: web.Application, path: Path) -> None:
    """The file is the video of a completed result."""
    services = app[SERVICES]
    database, now = services.database, services.clock.utc_now()
    await add_upload(database, replace(UPLOAD, created_at=now, updated_at=now))
    result = replace(RESULT, result_video_path=SEALED, created_at=now, updated_at=now)
    await add_result(database, result, QueueBounds(1, 1))
    await database.results.claim(Lease("w", now, now + timedelta(60)), RunningBounds(1, 1))
    await services.files.put(name_of(SEALED), path)
    await database.results.end("r1", "w", Ending(status=ResultStatus.COMPLETED, now=now))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
