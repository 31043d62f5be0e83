"""Whom an erasure is told, and in which order."""

from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from server.erasure import Eraser
from server.instances import messenger
from server.instances.lodging import SharedLodging
from server.instances.messenger import Messenger
from server.instances.neighbours import InstanceSilent, Neighbours
from server.jobs.ends import Ends
from server.journal import SessionJournal
from server.metrics.videos import VideoMeters
from server.registry import LiveSessions
from server.settings import Settings
from server.stores import opened_stores
from server.traces.traces import NO_TRACES
from tests.fakes import ManualClock, settle
from tests.logged import logged


class Here(LiveSessions):
    """One live session."""

    def __init__(self, noted: list[str]) -> None:
        self.noted = noted

    async def erase(self, user_id: str) -> int:
        self.noted.append("ended here")
        return 1


class Slow(Messenger):
    """Other instances, with two more, which take a while to answer."""

    def __init__(self, noted: list[str]) -> None:
        self.noted = noted

    async def erased(self, user_id: str) -> int:
        await settle()
        self.noted.append("told others")
        return 2


async def test_sessions_here_do_not_wait_for_instances_that_hang(tmp_path: Path) -> None:
    """Of who withdraws no frame is worked on while others are being told."""
    clock, noted = ManualClock(), list[str]()
    settings = Settings(_env_file=None, data_dir=tmp_path)
    async with opened_stores(settings, clock) as stores:
        journal = SessionJournal(stores.database.sessions, clock)
        ends = Ends(VideoMeters(CollectorRegistry()), NO_TRACES)
        sessions, others = Here(noted), Slow(noted)
        eraser = Eraser(stores, journal, sessions, clock, settings, ends=ends, messenger=others)
        forgotten = await eraser.erase("u1")
    assert noted == ["ended here", "told others"]
    assert forgotten.live_sessions == 3


class Others(SharedLodging, Neighbours):
    """One other instance, which answers as it is told."""

    def __init__(self) -> None:
        self.answer: int | Exception = 200

    async def others(self) -> list[str]:
        return ["10.0.0.2:8001"]

    async def ask(self, *_: object) -> tuple[int, bytes]:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer, b"2"


@pytest.mark.parametrize("answer", [InstanceSilent(), 404, 500])
async def test_who_was_not_told_is_said(answer: int | Exception) -> None:
    """An answer that is an error is none."""
    others = Others()
    others.answer = answer
    with logged(messenger) as lines:
        assert await Messenger(others, others).erased("u1") == 0
    assert [line["event"] for line in lines] == ["erasure not told another instance"]
