"""A service whose jobs begin, and then wait to be told how they end."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from processing.film.task import Done, FilmTask, KeyframeFile, Scouted, ScoutTask
from server.jobs import lifetime, sweeper
from tests.integration.service import Service
from tests.integration.videos import Videos

FRAMES: Final = 12
LEASE_S: Final = 60.0
"""No machine stands still for as long: nobody takes up a job that is being done."""
BEAT_S: Final = 0.1
"""So soon a job that is called off knows it."""


class Change:
    """A workshop that does what it is told."""

    def __init__(self) -> None:
        self.begun = 0
        self.tasks: list[FilmTask] = []
        self.keyframes: tuple[bytes, ...] = ()
        """What is found in every film: PNG files, of its first frames."""
        self.outcome: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()

    async def expect(self) -> None:
        """Nothing has to be got ready."""

    async def close(self) -> None:
        """Nor put away."""

    async def change(self, task: FilmTask, progress: Callable[[int], None]) -> Done:
        self.begun += 1
        self.tasks.append(task)
        progress(5)
        error = await asyncio.shield(self.outcome)
        if error is not None:
            raise error
        for path in (task.target, task.thumbnail):
            await asyncio.to_thread(Path(path).write_bytes, b"made")
        return Done(frames=FRAMES, sampled_frames=6, keeps_sound=True)

    async def scout(self, task: ScoutTask, progress: Callable[[int], None]) -> Scouted:
        progress(FRAMES)
        found = tuple(enumerate(self.keyframes[: task.most]))
        paths = [Path(task.folder) / f"key-{index}.png" for index, _ in found]
        for path, (_, png) in zip(paths, found, strict=True):
            await asyncio.to_thread(path.write_bytes, png)
        return Scouted(
            keyframes=tuple(
                KeyframeFile(index=index, path=str(path)) for index, path in enumerate(paths)
            )
        )


def holding(monkeypatch: pytest.MonkeyPatch, change: Change) -> dict[str, Any]:
    """Settings of a service whose jobs are done by this workshop, in this process."""
    monkeypatch.setattr(lifetime, "Workshop", lambda _timeout_s: change)
    monkeypatch.setattr(lifetime, "BEATS", LEASE_S / BEAT_S)
    monkeypatch.setattr(sweeper, "SWEEP_S", 0.05)
    return {"job_lease_s": LEASE_S}


class Held:
    """The service, its client, and the workshop."""

    def __init__(self, service: Service, change: Change) -> None:
        self.service = service
        self.change = change
        self.videos = videos_of(service)


def videos_of(service: Service) -> Videos:
    return Videos(service.caller.http, service.caller.url)
