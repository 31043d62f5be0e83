"""Grafana's dashboards ask for meters that there are, of the Prometheus that is set up."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.manifests.__main__ import overlays
from tests.manifests.objects import DEPLOY, read_one
from tests.manifests.scaling import expressions

GRAFANA: Final = DEPLOY / "grafana"
DASHBOARDS: Final = sorted((GRAFANA / "dashboards").glob("*.json"))
HISTOGRAMS: Final = {
    "hair_tryon_cloud_edit_seconds",
    "hair_tryon_event_loop_lag_seconds",
    "hair_tryon_frame_seconds",
    "hair_tryon_processing_seconds",
    "hair_tryon_request_seconds",
    "hair_tryon_video_seconds",
    "hair_tryon_webrtc_jitter_seconds",
    "hair_tryon_webrtc_round_trip_seconds",
}
METERS: Final = {f"{name}_bucket" for name in HISTOGRAMS} | {
    "hair_tryon_active_connections",
    "hair_tryon_cache_hits_total",
    "hair_tryon_cache_misses_total",
    "hair_tryon_cloud_edits_total",
    "hair_tryon_cloud_fallbacks_total",
    "hair_tryon_cloud_spent_usd_total",
    "hair_tryon_frames_delivered_total",
    "hair_tryon_frames_dropped_total",
    "hair_tryon_frames_failed_total",
    "hair_tryon_frames_in_flight",
    "hair_tryon_frames_received_total",
    "hair_tryon_jobs",
    "hair_tryon_requests_total",
    "hair_tryon_sessions_limit",
    "hair_tryon_videos_processed_total",
    "hair_tryon_webrtc_bytes_total",
    "hair_tryon_webrtc_packets_lost_total",
    "hair_tryon_webrtc_packets_total",
    "hair_tryon_workers",
    "hair_tryon_workers_busy",
    "process_cpu_seconds_total",
    "process_max_fds",
    "process_open_fds",
    "process_resident_memory_bytes",
}
"""What the service tells, as far as somebody asks."""
NAME: Final = re.compile(r"\b(?:hair_tryon|process)_\w+\b(?!:)")


def panels(dashboard: Path) -> list[dict[str, Any]]:
    """All of a dashboard's, the rows' headings too."""
    found: list[dict[str, Any]] = json.loads(dashboard.read_text(encoding="utf-8"))["panels"]
    return found


def queries() -> Iterator[str]:
    """All that Grafana asks."""
    for dashboard in DASHBOARDS:
        for panel in panels(dashboard):
            yield from (target["expr"] for target in panel.get("targets", ()))


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda path: path.stem)
def test_panels_are_whole(dashboard: Path) -> None:
    """Each has an id of its own, says what it shows in which unit, and asks our Prometheus."""
    found = panels(dashboard)
    assert len({panel["id"] for panel in found}) == len(found)
    source = read_one(GRAFANA / "provisioning/datasources/prometheus.yaml")["datasources"][0]
    ours = {"type": source["type"], "uid": source["uid"]}
    for panel in (panel for panel in found if panel["type"] != "row"):
        assert panel["title"], panel["id"]
        assert panel["description"], panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        assert panel["datasource"] == ours, panel["title"]
        assert panel["targets"], panel["title"]
        assert all(target["datasource"] == ours for target in panel["targets"]), panel["title"]


def test_dashboards_have_names_of_their_own() -> None:
    """Grafana knows them by these."""
    assert DASHBOARDS
    documents = [json.loads(path.read_text(encoding="utf-8")) for path in DASHBOARDS]
    assert len({document["uid"] for document in documents}) == len(documents)


def test_queries_are_of_meters_that_there_are() -> None:
    """Each asks for some, and for no other; and nothing is in the list that nobody asks for."""
    asked = {query: set(NAME.findall(query)) for query in queries()}
    assert [query for query, names in asked.items() if not names] == []
    assert set().union(*asked.values()) == METERS


def test_the_autoscaler_asks_for_meters_that_there_are() -> None:
    """So do the rules that Prometheus records for it, and its adapter."""
    asked = [text for one in overlays() if one.name == "production" for text in expressions(one)]
    assert asked
    names = {name for text in asked for name in NAME.findall(re.sub(r"hair_tryon:\w+", "", text))}
    assert names <= METERS
