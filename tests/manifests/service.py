"""Whether what the objects say of the service is so: its settings, addresses and times."""

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pydantic import ValidationError

from server.host_port import host_and_port
from server.registry import TELLING_S
from server.serve import HANDLER_GRACE_S
from server.settings import Settings, SettingsInvalid
from server.storage_settings import ENV_PREFIX
from tests.manifests.objects import KUBERNETES, Object, Overlay, Pod, read_one, shown
from tests.setting_texts import GOOD

_OTHERS: Final = {"AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "POD_IP"}
"""Variables of the object storage's own, and what others are made of."""
_OF_POD: Final = {"status.podIP": "10.244.1.7"}
"""What a pod could find by the downward API."""
_REFERENCE: Final = re.compile(r"\$\(([A-Z_]+)\)")
_IMAGE: Final = "hair-tryon-service"
_INSIDE: Final = {"/metrics", "/livez", "/readyz"}
"""Addresses for the cluster alone."""
_CLOSE_S: Final = 5.0
"""So long it takes to close stores after the last request."""
_GATEWAY: Final = KUBERNETES / "helm" / "nginx-ingress.yaml"
_MAP: Final = re.compile(r"map \$uri \$hair_session \{\s+~(\S+) \$hair_id;\s+default")
_MIB: Final = 1024 * 1024


def faults(overlay: Overlay, addresses: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Where they are wrong. ``addresses`` are the service's, each with its method."""
    paths = {path for _, path in addresses}
    for pod in overlay.pods():
        if any(_IMAGE in container["image"] for container in pod.containers):
            yield from _pod(overlay, pod, {path for method, path in addresses if method == "GET"})
    for kind, field in (("ServiceMonitor", "endpoints"), ("PodMonitor", "podMetricsEndpoints")):
        for one in overlay.of(kind):
            for endpoint in one["spec"][field]:
                if endpoint["path"] not in paths:
                    yield f"{shown(one)}: there is no {endpoint['path']}"
    for one in overlay.of("Ingress"):
        yield from _ingress(one, paths)


def _pod(overlay: Overlay, pod: Pod, paths: set[str]) -> Iterator[str]:
    for container in pod.containers:
        is_server = container.get("args") != ["worker"]
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            path = container.get(probe, {}).get("httpGet", {}).get("path")
            if path is not None and path not in paths:
                yield f"Deployment {pod.owner}: {probe}: there is no {path}"
        try:
            settings = _settings(variables_of(overlay, container))
            if is_server:
                settings.check_doors()
                settings.check_instances()
        except (ValueError, SettingsInvalid) as error:
            yield f"Deployment {pod.owner}: {error}"
        else:
            yield from _grace(pod, settings)
            yield from _ports(pod, settings)
            yield from _room(overlay, settings)


def variables_of(overlay: Overlay, container: Mapping[str, Any]) -> dict[str, str]:
    """What a container finds in its environment; secrets that are left open here have some text."""
    found: dict[str, str] = {}
    for source in container.get("envFrom", ()):
        if "configMapRef" in source and (
            kept := overlay.find("ConfigMap", source["configMapRef"]["name"])
        ):
            found |= kept["data"]
        if "secretRef" in source and (kept := overlay.find("Secret", source["secretRef"]["name"])):
            texts = {name: base64.b64decode(text).decode() for name, text in kept["data"].items()}
            found |= {name: text or _some(name) for name, text in texts.items()}
    for one in container.get("env", ()):
        found[one["name"]] = _text_of(one, found)
    return found


def _text_of(variable: Mapping[str, Any], known: Mapping[str, str]) -> str:
    """Its own, with those that come before it put in."""
    if "valueFrom" in variable:
        return _OF_POD[variable["valueFrom"]["fieldRef"]["fieldPath"]]
    text: str = variable["value"]
    return _REFERENCE.sub(lambda found: known[found[1]], text)


def _some(name: str) -> str:
    return GOOD.get(_setting(name), ("some text", None))[0]


def _setting(name: str) -> str:
    return name.removeprefix(ENV_PREFIX).lower()


def _settings(variables: Mapping[str, str]) -> Settings:
    """Raises ValueError for a name or a value that the service would not take."""
    ours = {name: text for name, text in variables.items() if name not in _OTHERS}
    for name in ours:
        if _setting(name) not in Settings.model_fields:
            raise ValueError(f"there is no setting {name}")
    given: dict[str, Any] = {_setting(name): text for name, text in ours.items()}
    try:
        return Settings(_env_file=None, **given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise ValueError(f"{first['loc']}: {first['msg']}") from None


def stop_s(settings: Settings) -> float:
    """So long it may take to stop."""
    return settings.drain_s + settings.stop_timeout_s + TELLING_S + HANDLER_GRACE_S + _CLOSE_S


def _grace(pod: Pod, settings: Settings) -> Iterator[str]:
    needs_s = stop_s(settings)
    has_s = pod.spec["terminationGracePeriodSeconds"]
    if has_s < needs_s:
        yield f"Deployment {pod.owner}: is killed after {has_s} s, and needs {needs_s:.0f} s"


def _ports(pod: Pod, settings: Settings) -> Iterator[str]:
    listens = {"http": settings.port, "metrics": settings.metrics_port}
    if settings.instance_address:
        listens["instances"] = host_and_port(settings.instance_address)[1]
    for container in pod.containers:
        for port in container.get("ports", ()):
            if port["containerPort"] != listens.get(port["name"]):
                yield f"Deployment {pod.owner}: does not listen at its port {port['name']}"


def _room(overlay: Overlay, settings: Settings) -> Iterator[str]:
    for one in overlay.of("Ingress"):
        size = one["metadata"]["annotations"]["nginx.org/client-max-body-size"]
        if int(size.removesuffix("m")) * _MIB <= settings.max_video_bytes:
            yield f"{shown(one)}: lets no video of max_video_bytes through"


def _ingress(one: Object, paths: set[str]) -> Iterator[str]:
    open_paths = {path for path in paths if _lets_through(one, path)}
    yield from (f"{shown(one)}: shows {path}" for path in sorted(open_paths & _INSIDE))
    yield from (f"{shown(one)}: hides {path}" for path in sorted(paths - open_paths - _INSIDE))
    pattern = session_pattern(read_one(_GATEWAY))
    for path in sorted(path for path in paths if "{session_id}" in path):
        found = pattern.match(path)
        if found is None or found["hair_id"] != "{session_id}":
            yield f"{_GATEWAY.name}: does not find the session in {path}"


def _lets_through(one: Object, path: str) -> bool:
    for rule in one["spec"]["rules"]:
        for shown_path in rule["http"]["paths"]:
            wanted: str = shown_path["path"]
            is_below = shown_path["pathType"] == "Prefix" and path.startswith(f"{wanted}/")
            if path == wanted or is_below:
                return True
    return False


def session_pattern(values: Object) -> re.Pattern[str]:
    """What the gateway looks for in an address, from its chart's values. Raises ValueError."""
    snippet = values["controller"]["config"]["entries"]["http-snippets"]
    found = _MAP.search(snippet)
    if found is None:
        raise ValueError("the gateway looks for no session")
    return re.compile(found[1].replace("(?<", "(?P<"))
