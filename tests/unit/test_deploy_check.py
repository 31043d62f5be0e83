"""What is looked for in the files of ``deploy/``, and that it would be found."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from tests.deploy_check import compose, rules

DOCUMENT: dict[str, Any] = yaml.safe_load(compose.COMPOSE.read_text(encoding="utf-8"))


def test_parts_fit_together() -> None:
    """Of the compose file, and of the alerts, their tests and what they watch."""
    found = [*compose.is_sound(), *rules.alerts_are_tested(), *rules.meters_are_there()]
    assert found == []


def _open(services: Any) -> None:
    services["redis"]["ports"] = ["6379:6379"]


def _loose(services: Any) -> None:
    services["gateway"]["cap_drop"] = []


def _unknown(services: Any) -> None:
    services["redis"]["networks"] = ["nowhere"]


def _misspelt(services: Any) -> None:
    services["hair-tryOn-service"]["environment"]["HAIR_TRYON_PROXYS"] = "172.28.7.2"


def _moved(services: Any) -> None:
    services["gateway"]["networks"]["edge"]["ipv4_address"] = "172.28.7.9"


def _latest(services: Any) -> None:
    services["mongodb"]["image"] = "mongo:latest"


def _unwatched(services: Any) -> None:
    del services["coturn"]["healthcheck"]


@pytest.mark.parametrize(
    ("spoil", "finding"),
    [
        (_open, "redis: is open to the outside"),
        (_loose, "gateway: keeps capabilities"),
        (_unknown, "redis: there is no nowhere among the networks"),
        (_misspelt, "hair-tryOn-service: wrong setting: HAIR_TRYON_PROXYS"),
        (_moved, "not so any more: the gateway is believed"),
        (_latest, "mongodb: which version of mongo:latest?"),
        (_unwatched, "coturn: nobody looks whether it is well"),
    ],
)
def test_what_does_not_fit_is_found(spoil: Callable[[Any], None], finding: str) -> None:
    """Each of these, and nothing else."""
    document = copy.deepcopy(DOCUMENT)
    spoil(document["services"])
    assert [text[: len(finding)] for text in compose.findings(document)] == [finding]
