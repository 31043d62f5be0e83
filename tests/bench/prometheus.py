"""A real Prometheus, which asks a service for its meters each second."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from aiohttp import ClientSession
from yarl import URL

from tests.integration.programs import answering, end, find_program, free_port

HOST: Final = "127.0.0.1"
SCRAPES_S: Final = 1
START_S, STOP_S = 30.0, 15.0
Answer = list[dict[str, Any]]
"""A series for each: its labels, and a number with its moment."""


@dataclass(frozen=True, slots=True)
class Prometheus:
    """One that runs."""

    url: str
    http: ClientSession

    async def ask(self, query: str) -> Answer:
        """What it answers now. Raises ValueError where it does not understand."""
        address = URL(f"{self.url}/api/v1/query").with_query(query=query)
        async with self.http.get(address) as answer:
            said = await answer.json()
        if said["status"] != "success":
            raise ValueError(f"{query}: {said['error']}")
        found: Answer = said["data"]["result"]
        return found


@asynccontextmanager
async def prometheus(folder: Path, urls: Sequence[str]) -> AsyncIterator[Prometheus]:
    """One of its own that asks these services, as the one in deploy/ does, for the length of the
    block."""
    path, port = find_program("prometheus", "prometheus"), free_port()
    configuration = _write(folder, urls)
    process = await asyncio.create_subprocess_exec(
        path, f"--config.file={configuration}", f"--storage.tsdb.path={folder / 'kept'}",
        f"--web.listen-address={HOST}:{port}", "--log.level=error",
    )  # fmt: skip
    try:
        await answering(process, port, START_S, None)
        async with ClientSession() as http:
            yield Prometheus(f"http://{HOST}:{port}", http)
    finally:
        await end(process, STOP_S)


def _write(folder: Path, urls: Sequence[str]) -> Path:
    folder.mkdir()
    path = folder / "prometheus.yml"
    path.write_text(json.dumps(_configuration(urls)), encoding="utf-8")
    return path


def _configuration(urls: Sequence[str]) -> dict[str, Any]:
    targets = [URL(url).authority for url in urls]
    job = {"job_name": "hair-tryon", "static_configs": [{"targets": targets}]}
    every = f"{SCRAPES_S}s"
    return {"global": {"scrape_interval": every, "scrape_timeout": every}, "scrape_configs": [job]}
