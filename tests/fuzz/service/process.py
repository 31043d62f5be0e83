"""The server, whose log is read as it is written."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from server.doors.api_keys import digest_of
from tests.integration.process import ExecutedProcess
from tests.tokens import AUDIENCE, ISSUER, SECRET

KEY: Final = "htk_a key that only this fuzzing knows"
FULL: Final = 503
SETTINGS: Final[dict[str, str | float]] = {
    "jwt_secret": SECRET,
    "jwt_issuer": ISSUER,
    "jwt_audience": AUDIENCE,
    "api_keys": f"salon={digest_of(KEY)}",
    "log_level": "warning",
    "max_photos": 16,
    "job_places": 1,
    "max_queued_jobs": 10_000,
    "max_user_queued_jobs": 10_000,
}
"""Closed doors, and no limit that would keep requests from what they are to reach."""
_BAD: Final = re.compile(
    r"Traceback|Warning|never awaited|never retrieved|Fatal|panicked|^Exception"
)


class FuzzedServer(ExecutedProcess):
    """Keeps nothing of its output but what should not be there, which is told at once."""

    def __init__(self, data_dir: Path, told: Callable[[str], None]) -> None:
        super().__init__(data_dir, **SETTINGS)
        self._told = told

    async def _read_output(self) -> None:
        assert self._process is not None
        async for line in self._process.output:
            if (fault := fault_in(line.decode(errors="replace"))) is not None:
                self._told(fault)


def fault_in(line: str) -> str | None:
    """What a line tells of a fault, in the order in which people read; None if of none. That the
    server is full is none."""
    try:
        said = json.loads(line)
    except ValueError:
        return line if _BAD.search(line) else None
    if not isinstance(said, dict) or said.get("status") == FULL:
        return None
    exception = said.pop("exception", "")
    if said.get("level") not in ("error", "critical") and not exception:
        return None
    return f"{said.pop('message', '')}\n{said}\n{exception}".strip()
