"""Prometheus' rules with their tests, and who is told."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

from server.metrics.meters import Meters
from tests.deploy_check.programs import DEPLOY, findings_of

PROMETHEUS: Final = DEPLOY / "prometheus"
_PROMTOOL: Final = ("promtool", "apt-get install prometheus")
_METER: Final = re.compile(r"\bhair_tryon_[a-z_]+")
_SUFFIXES: Final = {"counter": "_total", "histogram": "_bucket"}


def rules_are_sound() -> Iterator[str]:
    """What promtool finds in the configuration and the rules, and tests that fail. Raises
    MissingProgram."""
    yield from findings_of(*_PROMTOOL, "check", "config", PROMETHEUS / "prometheus.yml")
    for path in sorted((PROMETHEUS / "tests").glob("*.yml")):
        yield from findings_of(*_PROMTOOL, "test", "rules", path)


def alerts_are_tested() -> Iterator[str]:
    """Alerts of which no test says that they come, or none that they do not."""
    expected = [
        (case["alertname"], bool(case["exp_alerts"]))
        for document in _documents("tests")
        for test in document["tests"]
        for case in test.get("alert_rule_test", ())
    ]
    for name in _alerts():
        for comes in (True, False):
            if (name, comes) not in expected:
                yield f"{name}: no test has it {'come' if comes else 'stay away'}"


def meters_are_there() -> Iterator[str]:
    """Names in rules and their tests that no meter has: what watches them would watch nothing."""
    known = {meter.name + _SUFFIXES.get(meter.type, "") for meter in Meters().registry.collect()}
    for path in sorted(PROMETHEUS.glob("*/*.yml")):
        for name in sorted(set(_METER.findall(path.read_text(encoding="utf-8"))) - known):
            yield f"{path.parent.name}/{path.name}: there is no meter {name}"


def receivers_are_sound() -> Iterator[str]:
    """What amtool finds in Alertmanager's configuration. Raises MissingProgram."""
    path = DEPLOY / "alertmanager" / "alertmanager.yml"
    package = "apt-get install prometheus-alertmanager"
    yield from findings_of("amtool", package, "check-config", path)


def _alerts() -> Iterator[str]:
    for document in _documents("rules"):
        for group in document["groups"]:
            yield from (rule["alert"] for rule in group["rules"] if "alert" in rule)


def _documents(folder: str) -> Iterator[dict[str, Any]]:
    paths: list[Path] = sorted((PROMETHEUS / folder).glob("*.yml"))
    for path in paths:
        yield yaml.safe_load(path.read_text(encoding="utf-8"))
