"""Locust as a process of its own: runs it, and reads what it recorded."""

import asyncio
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.load.recorder import Record

ROOT: Final = Path(__file__).parents[2]
LOCUSTFILE: Final = Path(__file__).with_name("locustfile.py")
STARTED_PER_S: Final = 4
STOP_S: Final = 2
MARGIN_S: Final = 120.0
"""Beyond its time: starting, making a film to upload, stopping."""


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """What Locust is to do, and for how long. ``live_fps`` 0 is as fast as answers come."""

    seconds: float
    live_users: int
    live_fps: float
    session_s: float
    visitors_per_minute: float
    slot_s: float

    def arguments(self, url: str, record: Path) -> list[str]:
        """Locust's command line."""
        users = self.live_users + bool(self.visitors_per_minute)
        classes = ["LiveUser"] * bool(self.live_users) + ["RestUser"] * bool(
            self.visitors_per_minute
        )
        return [
            "-f", str(LOCUSTFILE), "--headless", "--only-summary", "--exit-code-on-error", "0",
            "--host", url, "-u", str(users), "-r", str(STARTED_PER_S),
            "-t", f"{self.seconds:.0f}s", "--stop-timeout", str(STOP_S),
            "--live-users", str(self.live_users), "--live-fps", str(self.live_fps),
            "--session-s", str(self.session_s), "--slot-s", str(self.slot_s),
            "--visitors-per-minute", str(self.visitors_per_minute), "--record", str(record),
            *classes,
        ]  # fmt: skip


class LoadFailed(Exception):
    """Locust has not done what it was to do; the text is the end of what it said."""


async def generate(
    plan: LoadPlan, url: str, folder: Path, begun: Callable[[int], None] = lambda _: None
) -> Record:
    """Put the service at this address under load; ``begun`` is told the process's id.

    Raises LoadFailed.
    """
    record = folder / "record.json"
    record.unlink(missing_ok=True)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "locust", *plan.arguments(url, record),
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    begun(process.pid)
    try:
        async with asyncio.timeout(plan.seconds + MARGIN_S):
            output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode or not record.exists():
        raise LoadFailed(output.decode(errors="replace")[-2000:])
    return Record.from_json(record.read_bytes())
