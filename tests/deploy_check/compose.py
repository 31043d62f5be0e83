"""The compose file: whether it is one, and whether its parts fit together."""

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

import yaml

from server.settings import Settings, SettingsInvalid, load_settings
from tests.deploy_check.programs import DEPLOY, findings_of
from tests.manifests.service import stop_s

COMPOSE: Final = DEPLOY / "docker-compose.yml"
EXAMPLE: Final = DEPLOY / ".env.example"
SERVER: Final = "hair-tryOn-service"
OPEN: Final = frozenset({"gateway", "coturn", SERVER})
"""Who has ports outside."""
VALUE: Final = "b" * 43 + "="
"""Fits every variable that compose fills in: it is even a key for files."""
_FILLED: Final = re.compile(r"\$\{([A-Z_]+)(:[?-])?\}")

Part: TypeAlias = dict[str, Any]


def fits_the_schema() -> Iterator[str]:
    """What the Compose Specification's schema does not know. Raises MissingProgram."""
    arguments = ("--builtin-schema", "vendor.compose-spec", COMPOSE)
    yield from findings_of("check-jsonschema", "pip install check-jsonschema", *arguments)


def is_sound() -> Iterator[str]:
    """What no schema can know."""
    text = COMPOSE.read_text(encoding="utf-8")
    document: Part = yaml.safe_load(text)
    yield from findings(document)
    told = set(re.findall(r"^#?([A-Z_]+)=", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE))
    given = document["services"][SERVER]["environment"]
    taken = {name for name, _ in _FILLED.findall(text)}
    taken |= {name for name, value in given.items() if value is None}
    for name in sorted(told ^ taken):
        yield f"{name} is in only one of {EXAMPLE.name} and {COMPOSE.name}"


def findings(document: Part) -> Iterator[str]:
    """What does not fit together in a compose file, by itself and with its neighbours here."""
    services: Part = document["services"]
    for name, part in services.items():
        yield from _contained(name, part)
        yield from _connected(name, part, document)
        yield from _files(name, part)
    yield from _settings(services)
    yield from _addresses(document)


def _contained(name: str, part: Part) -> Iterator[str]:
    """Each may do as little as it can, and is watched."""
    if not part.get("read_only"):
        yield f"{name}: its root can be written"
    if part.get("cap_drop") != ["ALL"]:
        yield f"{name}: keeps capabilities"
    if "no-new-privileges:true" not in part.get("security_opt", ()):
        yield f"{name}: may gain privileges"
    for bound in ("mem_limit", "pids_limit", "restart"):
        if bound not in part:
            yield f"{name}: has no {bound}"
    ports = [port for port in part.get("ports", ()) if not port.startswith("127.0.0.1:")]
    if ports and name not in OPEN:
        yield f"{name}: is open to the outside"
    is_own = part["image"] == "hair-tryon-service"
    if not (is_own or re.fullmatch(r"[a-z/]+:v?\d[\w.-]*", part["image"])):
        yield f"{name}: which version of {part['image']}?"
    if not (is_own or "healthcheck" in part or part["restart"] == "no"):
        yield f"{name}: nobody looks whether it is well"


def _connected(name: str, part: Part, document: Part) -> Iterator[str]:
    """What it names is there."""
    for kind in ("networks", "secrets"):
        for used in part.get(kind, ()):
            used_name = used["source"] if isinstance(used, dict) else used
            if used_name not in document[kind]:
                yield f"{name}: there is no {used_name} among the {kind}"
    for other in part.get("depends_on", ()):
        if other not in document["services"]:
            yield f"{name}: waits for {other}, which is not there"


def _files(name: str, part: Part) -> Iterator[str]:
    """Files of ours that are laid into a container exist."""
    for source in (volume.partition(":")[0] for volume in part.get("volumes", ())):
        if source.startswith("./") and not (DEPLOY / source).exists():
            yield f"{name}: there is no {source}"


def _settings(services: Part) -> Iterator[str]:
    """The service would start with what it is given."""
    for name in (SERVER, "hair-tryOn-worker"):
        given = {
            name: _filled(str(value))
            for name, value in services[name]["environment"].items()
            if value is not None
        }
        try:
            settings = _load(given)
        except SettingsInvalid as error:
            yield f"{name}: {error}"
        else:
            has_s, needs_s = _seconds(services[name]["stop_grace_period"]), stop_s(settings)
            if has_s < needs_s:
                yield f"{name}: is killed after {has_s:.0f} s, and needs {needs_s:.0f} s"


def _seconds(text: str) -> float:
    """Of a duration as this file has them."""
    return float(text.removesuffix("s"))


def _load(given: Mapping[str, str]) -> Settings:
    """Raises SettingsInvalid."""
    before = dict(os.environ)
    os.environ.update(given)
    try:
        return load_settings([])
    finally:
        os.environ.clear()
        os.environ.update(before)


def _filled(text: str) -> str:
    """As compose fills it in, whatever ``.env`` may say."""
    return _FILLED.sub(lambda found: "192.0.2.1" if "ADDRESS" in found[1] else VALUE, text)


def _addresses(document: Part) -> Iterator[str]:
    """Addresses and ports that are said twice are the same."""
    services: Part = document["services"]
    monitoring = document["networks"]["monitoring"]["ipam"]["config"][0]["subnet"]
    given = services[SERVER]["environment"]
    own = {name: services[name]["networks"]["edge"]["ipv4_address"] for name in OPEN}
    turn = (DEPLOY / "coturn" / "turnserver.conf").read_text(encoding="utf-8")
    ports = services[SERVER]["sysctls"]["net.ipv4.ip_local_port_range"].replace(" ", "-")
    facts = {
        "the gateway is believed": given["HAIR_TRYON_PROXIES"] == own["gateway"],
        "media come to the service": given["HAIR_TRYON_RTC_LISTEN"] == own[SERVER],
        "relays reach it": given["HAIR_TRYON_RTC_PUBLIC"].endswith(f",{own[SERVER]}"),
        "Prometheus may ask": given["HAIR_TRYON_METRICS_NETWORKS"] == monitoring,
        "TURN leads there": f"\nallowed-peer-ip={own[SERVER]}\n" in turn,
        "TURN relays": turn.count(f"-ip={own['coturn']}\n") == 2,
        "calls take open ports": services[SERVER]["ports"] == [f"{ports}:{ports}/udp"],
    }
    yield from (f"not so any more: {fact}" for fact, is_so in facts.items() if not is_so)
