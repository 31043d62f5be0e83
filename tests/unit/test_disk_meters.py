"""How much room is left where files lie."""

import asyncio
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from server.metrics import disks
from server.metrics.disks import DiskMeters


async def test_disks_are_told(tmp_path: Path) -> None:
    """Of each folder that there is."""
    registry = CollectorRegistry()
    meters = DiskMeters(registry)
    meters.watch({"data": tmp_path, "work": tmp_path / "nowhere"})
    await meters.ask()
    size = registry.get_sample_value("hair_tryon_disk_bytes", {"folder": "data"})
    free = registry.get_sample_value("hair_tryon_disk_free_bytes", {"folder": "data"})
    assert size == shutil.disk_usage(tmp_path).total
    assert free is not None
    assert 0 <= free <= size
    assert registry.get_sample_value("hair_tryon_disk_bytes", {"folder": "work"}) is None


async def test_several_who_ask_at_once(tmp_path: Path) -> None:
    """As two servers of Prometheus that stand in for each other do: all are told."""
    registry = CollectorRegistry()
    meters = DiskMeters(registry)
    meters.watch({"data": tmp_path})
    await asyncio.gather(*(meters.ask() for _ in range(3)))
    assert registry.get_sample_value("hair_tryon_disk_bytes", {"folder": "data"})


async def test_a_disk_that_hangs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keeps nobody waiting, and one thread at most."""
    gate, asked = threading.Event(), list[Path]()
    real = shutil.disk_usage

    def hang(folder: Path) -> Any:
        asked.append(folder)
        gate.wait()
        return real(folder)

    monkeypatch.setattr(disks, "ASKED_S", 0.01)
    monkeypatch.setattr(shutil, "disk_usage", hang)
    registry = CollectorRegistry()
    meters = DiskMeters(registry)
    meters.watch({"data": tmp_path})
    for _ in range(3):
        await meters.ask()
    assert asked == [tmp_path]
    assert registry.get_sample_value("hair_tryon_disk_bytes", {"folder": "data"}) is None
    gate.set()
    monkeypatch.setattr(disks, "ASKED_S", 20.0)
    await meters.ask()
    assert registry.get_sample_value("hair_tryon_disk_bytes", {"folder": "data"})
