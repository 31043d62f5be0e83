"""Where log lines go: for how long, with which fields, and who may write them."""

import ast
import fnmatch
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import yaml

from tests.deploy_check.compose import COMPOSE, Part
from tests.deploy_check.programs import DEPLOY, findings_of

ELK: Final = DEPLOY / "elk"
DAYS: Final = "90d"
"""The report's section 7.3."""
ROOMS: Final = ("server", "media", "processing", "storage")
_CALLS: Final = frozenset(
    {"debug", "info", "warning", "error", "exception", "bind"}
    | {"bound_contextvars", "bind_contextvars"}
)
_NO_FIELDS: Final = frozenset({"exc_info"})
_ALWAYS: Final = frozenset({"message", "level", "logger", "service", "exception"})
"""What each line has, or each with an error."""
_BY_NAME: Final = frozenset(
    {"method", "endpoint", "duration_ms", "user_id", "trace_id", "code", "detail"}
)
"""What is handed to the logger as a whole."""
_GATEWAY: Final = frozenset({"method", "status", "bytes", "seconds", "service_seconds"})
_TOLD: Final = re.compile(r"^tell PUT (\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Elk:
    """What is in the folder, and the composition beside it."""

    policy: Part
    pipeline: Part
    template: Part
    filebeat: Part
    script: str
    compose: Part

    @classmethod
    def read(cls) -> "Elk":
        """As it is."""
        return cls(
            policy=json.loads(_text("ilm.json")),
            pipeline=json.loads(_text("pipeline.json")),
            template=json.loads(_text("template.json")),
            filebeat=yaml.safe_load(_text("filebeat.yml")),
            script=_text("initiate.sh"),
            compose=yaml.safe_load(COMPOSE.read_text(encoding="utf-8")),
        )


def is_sound() -> Iterator[str]:
    """What does not fit together, and what bash finds. Raises MissingProgram."""
    yield from findings_of("bash", "apt-get install bash", "-n", ELK / "initiate.sh")
    yield from findings(Elk.read())


def findings(elk: Elk) -> Iterator[str]:
    """What does not fit together."""
    yield from _kept(elk.policy["policy"]["phases"])
    yield from _mapped(elk.template["template"]["mappings"])
    yield from _named(elk)
    yield from _guarded(elk.compose["services"])


@cache
def written_fields() -> frozenset[str]:
    """By which names the service's log lines say something."""
    found = (name for text in _modules() for name in _fields(text))
    return frozenset({*_ALWAYS, *_BY_NAME, *found})


def _modules() -> Iterator[str]:
    """Those that log."""
    for room in ROOMS:
        texts = (path.read_text(encoding="utf-8") for path in (DEPLOY.parent / room).rglob("*.py"))
        yield from (text for text in texts if "structlog" in text)


def _fields(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            names = {keyword.arg for keyword in node.keywords if keyword.arg is not None}
            yield from names - _NO_FIELDS if node.func.attr in _CALLS else ()


def _kept(phases: Part) -> Iterator[str]:
    """A line counts as old when the index that it is in was closed: after a day."""
    if phases["hot"]["actions"]["rollover"]["max_age"] != "1d":
        yield "ilm.json: lines are kept for more than a day longer than they should be"
    if phases["delete"] != {"min_age": DAYS, "actions": {"delete": {}}}:
        yield f"ilm.json: lines are not deleted after {DAYS}"


def _mapped(mappings: Part) -> Iterator[str]:
    if mappings["dynamic"] is not False:
        yield "template.json: whoever logs makes new fields"
    for name in sorted((written_fields() | _GATEWAY) - mappings["properties"].keys()):
        yield f"template.json: {name} is logged, and cannot be searched for"


def _named(elk: Elk) -> Iterator[str]:
    """What one file calls by a name is what another one makes."""
    made = set(_TOLD.findall(elk.script))
    settings: Any = elk.template["template"]["settings"]
    labels = elk.compose["services"]["hair-tryOn-service"]["labels"]
    output = "output.elasticsearch"
    used = {
        f"_ilm/policy/{settings['index.lifecycle.name']}",
        f"_ingest/pipeline/{settings['index.default_pipeline']}",
        f"_security/user/{elk.filebeat[output]['username']}",
    }
    yield from (f"initiate.sh does not make {name}" for name in sorted(used - made))
    index, patterns = elk.filebeat[output]["index"], elk.template["index_patterns"]
    if not any(fnmatch.fnmatch(index, pattern) for pattern in patterns):
        yield f"filebeat.yml: {index} is not what template.json is for"
    if {"drop_event.when.not.equals": {"line.attrs.logs": labels["logs"]}} not in elk.filebeat[
        "processors"
    ]:
        yield "filebeat.yml: whose lines are ours is said otherwise in docker-compose.yml"


def _guarded(services: Part) -> Iterator[str]:
    """Nobody writes or reads who has no password; all is off unless it is asked for."""
    if services["elasticsearch"]["environment"]["xpack.security.enabled"] != "true":
        yield "elasticsearch: lets anybody in"
    if "ports" in services["elasticsearch"]:
        yield "elasticsearch: can be reached from outside"
    for name in ("elasticsearch", "logs-initiation", "filebeat", "kibana"):
        if services[name].get("profiles") != ["logs"]:
            yield f"{name}: is started with the rest"
        if services[name]["image"].partition(":")[2] != _version(services):
            yield f"{name}: is of another version"


def _version(services: Part) -> str:
    version: str = services["elasticsearch"]["image"].partition(":")[2]
    return version


def _text(name: str) -> str:
    return (ELK / name).read_text(encoding="utf-8")
