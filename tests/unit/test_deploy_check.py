"""What is looked for in the files of ``deploy/``, and that it would be found."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from tests.deploy_check import compose, elk, rules

DOCUMENT: dict[str, Any] = yaml.safe_load(compose.COMPOSE.read_text(encoding="utf-8"))


def test_parts_fit_together() -> None:
    """Of the compose file, of the alerts, their tests and what they watch, and of the logs' way."""
    found = [*compose.is_sound(), *rules.alerts_are_tested(), *rules.meters_are_there()]
    found += elk.findings(elk.Elk.read())
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


def _hurried(services: Any) -> None:
    services["hair-tryOn-service"]["environment"]["HAIR_TRYON_DRAIN_S"] = "20"


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
        (_hurried, "hair-tryOn-service: is killed after 30 s, and needs 37 s"),
        (_unwatched, "coturn: nobody looks whether it is well"),
    ],
)
def test_what_does_not_fit_is_found(spoil: Callable[[Any], None], finding: str) -> None:
    """Each of these, and nothing else."""
    document = copy.deepcopy(DOCUMENT)
    spoil(document["services"])
    assert [text[: len(finding)] for text in compose.findings(document)] == [finding]


def _forgetful(logs: elk.Elk) -> None:
    logs.policy["policy"]["phases"]["delete"]["min_age"] = "30d"


def _unmapped(logs: elk.Elk) -> None:
    del logs.template["template"]["mappings"]["properties"]["trace_id"]


def _elsewhere(logs: elk.Elk) -> None:
    logs.filebeat["output.elasticsearch"]["index"] = "filebeat"


def _all(logs: elk.Elk) -> None:
    logs.filebeat["processors"].clear()


def _unlocked(logs: elk.Elk) -> None:
    logs.compose["services"]["elasticsearch"]["environment"]["xpack.security.enabled"] = "false"


@pytest.mark.parametrize(
    ("spoil", "finding"),
    [
        (_forgetful, "ilm.json: lines are not deleted after 90d"),
        (_unmapped, "template.json: trace_id is logged, and cannot be searched for"),
        (_elsewhere, "filebeat.yml: filebeat is not what template.json is for"),
        (_all, "filebeat.yml: whose lines are ours is said otherwise in docker-compose.yml"),
        (_unlocked, "elasticsearch: lets anybody in"),
    ],
)
def test_logs_that_go_astray_are_found(spoil: Callable[[elk.Elk], None], finding: str) -> None:
    """Each of these, and nothing else."""
    logs = elk.Elk.read()
    spoil(logs)
    assert list(elk.findings(logs)) == [finding]


def test_fields_are_found_where_they_are_logged() -> None:
    """By name, bound before, and for all lines of a request."""
    assert {"frame_count", "attempt", "session_id", "request_id"} <= elk.written_fields()
