"""Grafana's dashboards as they are in deploy/, and all that they ask."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tests.manifests.objects import DEPLOY

GRAFANA: Final = DEPLOY / "grafana"
DASHBOARDS: Final = sorted((GRAFANA / "dashboards").glob("*.json"))


def panels(dashboard: Path) -> list[dict[str, Any]]:
    """All of a dashboard's, the rows' headings too."""
    found: list[dict[str, Any]] = json.loads(dashboard.read_text(encoding="utf-8"))["panels"]
    return found


def queries() -> Iterator[tuple[str, str]]:
    """All that Grafana asks, each after the panel that shows the answer."""
    for dashboard in DASHBOARDS:
        for panel in panels(dashboard):
            yield from ((panel["title"], target["expr"]) for target in panel.get("targets", ()))
