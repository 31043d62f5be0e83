"""Grafana's dashboards ask for meters that there are, of the Prometheus that is set up."""

import json
import re
from pathlib import Path
from typing import Final

import pytest

from server.metrics.meters import Meters
from tests.grafana import DASHBOARDS, GRAFANA, panels, queries
from tests.manifests.__main__ import overlays
from tests.manifests.objects import DEPLOY, read_one
from tests.manifests.scaling import expressions

RULES: Final = sorted((DEPLOY / "prometheus" / "rules").glob("*.yml"))
KINDS: Final = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",)}
NAME: Final = re.compile(r"\b(?:hair_tryon|process)_\w+\b(?!:)")


def told() -> set[str]:
    """By which names the service tells what it measures."""
    families = Meters().registry.collect()
    return {one.name + end for one in families for end in KINDS.get(one.type, ())}


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
    """Each asks for some, and for no other."""
    asked, meters = {query: set(NAME.findall(query)) for _, query in queries()}, told()
    assert [query for query, names in asked.items() if not names] == []
    assert {query for query, names in asked.items() if names - meters} == set()


def test_alerts_are_of_meters_that_there_are() -> None:
    """An alert about another would never come."""
    rules = [
        rule for path in RULES for group in read_one(path)["groups"] for rule in group["rules"]
    ]
    assert rules
    assert {name for rule in rules for name in NAME.findall(rule["expr"])} <= told()


def test_the_autoscaler_asks_for_meters_that_there_are() -> None:
    """So do the rules that Prometheus records for it, and its adapter."""
    asked = [text for one in overlays() if one.name == "production" for text in expressions(one)]
    assert asked
    names = {name for text in asked for name in NAME.findall(re.sub(r"hair_tryon:\w+", "", text))}
    assert names <= told()
