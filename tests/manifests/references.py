"""Whether what one object says of another is so."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from tests.manifests.objects import Labels, Object, Overlay, Pod, selects, shown

_ISSUER: Final = "cert-manager.io/cluster-issuer"
"""Who has this annotation is made a certificate in the Secret that it names."""


def faults(overlay: Overlay) -> Iterator[str]:
    """Names of nothing, and selectors that take nobody."""
    pods = list(overlay.pods())
    yield from _twice(overlay.objects)
    yield from _deployments(overlay)
    yield from _selectors(overlay, pods)
    for pod in pods:
        yield from _pod(overlay, pod)
    yield from _services(overlay, pods)
    yield from _policies(overlay, pods)
    yield from _ingresses(overlay)
    yield from _service_monitors(overlay)
    yield from _pod_monitors(overlay, pods)


def _twice(objects: Sequence[Object]) -> Iterator[str]:
    names = [shown(one) for one in objects]
    yield from (f"{name}: there are two" for name in sorted(set(names)) if names.count(name) > 1)


def _deployments(overlay: Overlay) -> Iterator[str]:
    for one in overlay.of("Deployment"):
        labels = one["spec"]["template"]["metadata"]["labels"]
        if not selects(one["spec"]["selector"], labels):
            yield f"{shown(one)}: its selector does not take its own pods"


def _selectors(overlay: Overlay, pods: Sequence[Pod]) -> Iterator[str]:
    for one, selector in _all_selectors(overlay):
        if not any(selects(selector, pod.labels) for pod in pods):
            yield f"{shown(one)}: a selector takes no pod: {dict(selector)}"


def _all_selectors(overlay: Overlay) -> Iterator[tuple[Object, Mapping[str, Any]]]:
    for one in overlay.of("Service"):
        yield one, {"matchLabels": one["spec"]["selector"]}
    for one in overlay.of("PodDisruptionBudget"):
        yield one, one["spec"]["selector"]
    for one in overlay.of("Deployment"):
        for spread in one["spec"]["template"]["spec"].get("topologySpreadConstraints", ()):
            yield one, spread["labelSelector"]
    for one in overlay.of("NetworkPolicy"):
        yield one, one["spec"]["podSelector"]
        for _, peer in _peers(one):
            if "podSelector" in peer:
                yield one, peer["podSelector"]


def _peers(policy: Object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for way, side in (("ingress", "from"), ("egress", "to")):
        for rule in policy["spec"].get(way, ()):
            yield from ((way, peer) for peer in rule.get(side, ()))


def _pod(overlay: Overlay, pod: Pod) -> Iterator[str]:
    for kind, name, key in _named(pod):
        found = overlay.find(kind, name)
        if found is None:
            yield f"Deployment {pod.owner}: there is no {kind} {name}"
        elif key is not None and key not in found["data"]:
            yield f"Deployment {pod.owner}: {kind} {name} has no {key}"
    volumes = {volume["name"] for volume in pod.spec.get("volumes", ())}
    for container in pod.containers:
        for mount in container.get("volumeMounts", ()):
            if mount["name"] not in volumes:
                yield f"Deployment {pod.owner}: there is no volume {mount['name']}"
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            asked = container.get(probe, {})
            port = (asked.get("httpGet") or asked.get("tcpSocket") or {}).get("port")
            if port is not None and port not in pod.port_names:
                yield f"Deployment {pod.owner}: {probe}: there is no port {port}"


def _named(pod: Pod) -> Iterator[tuple[str, str, str | None]]:
    """Kind, name and perhaps key of what a pod takes its settings and volumes from."""
    for container in pod.containers:
        for source in container.get("envFrom", ()):
            for field, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
                if field in source:
                    yield kind, source[field]["name"], None
        for variable in container.get("env", ()):
            if wanted := variable.get("valueFrom", {}).get("secretKeyRef"):
                yield "Secret", wanted["name"], wanted["key"]
    for volume in pod.spec.get("volumes", ()):
        if claim := volume.get("persistentVolumeClaim"):
            yield "PersistentVolumeClaim", claim["claimName"], None


def _services(overlay: Overlay, pods: Sequence[Pod]) -> Iterator[str]:
    for one in overlay.of("Service"):
        names = _ports_of(one["spec"]["selector"], pods)
        for port in one["spec"]["ports"]:
            if port["targetPort"] not in names:
                yield f"{shown(one)}: no pod has a port {port['targetPort']}"


def _ports_of(labels: Labels, pods: Sequence[Pod]) -> set[str]:
    taken = [pod.port_names for pod in pods if selects({"matchLabels": labels}, pod.labels)]
    return set().union(*taken)


def _policies(overlay: Overlay, pods: Sequence[Pod]) -> Iterator[str]:
    for one in overlay.of("NetworkPolicy"):
        taken = [pod for pod in pods if selects(one["spec"]["podSelector"], pod.labels)]
        names = set[str]().union(*(pod.port_names for pod in taken))
        for rule in one["spec"].get("ingress", ()):
            for port in rule.get("ports", ()):
                if isinstance(port["port"], str) and port["port"] not in names:
                    yield f"{shown(one)}: no pod has a port {port['port']}"
        for way, _ in _peers(one):
            if way.capitalize() not in one["spec"]["policyTypes"]:
                yield f"{shown(one)}: has rules of {way}, and is none of it"


def _ingresses(overlay: Overlay) -> Iterator[str]:
    for one in overlay.of("Ingress"):
        for tls in one["spec"]["tls"]:
            name = tls["secretName"]
            if _ISSUER not in one["metadata"]["annotations"] and not overlay.find("Secret", name):
                yield f"{shown(one)}: there is no Secret {name}, and nobody who makes it"
        for rule in one["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                yield from _backend(overlay, one, path["backend"]["service"])


def _backend(overlay: Overlay, one: Object, backend: Mapping[str, Any]) -> Iterator[str]:
    service = overlay.find("Service", backend["name"])
    if service is None:
        yield f"{shown(one)}: there is no Service {backend['name']}"
    elif backend["port"]["name"] not in _service_ports(service):
        yield f"{shown(one)}: {shown(service)} has no port {backend['port']['name']}"


def _service_ports(service: Object) -> set[str]:
    return {port["name"] for port in service["spec"]["ports"]}


def _service_monitors(overlay: Overlay) -> Iterator[str]:
    for one in overlay.of("ServiceMonitor"):
        selector = one["spec"]["selector"]
        taken = [
            service
            for service in overlay.of("Service")
            if selects(selector, service["metadata"]["labels"])
        ]
        names = {port for service in taken for port in _service_ports(service)}
        for endpoint in one["spec"]["endpoints"]:
            if endpoint["port"] not in names:
                yield f"{shown(one)}: takes no Service with a port {endpoint['port']}"


def _pod_monitors(overlay: Overlay, pods: Sequence[Pod]) -> Iterator[str]:
    for one in overlay.of("PodMonitor"):
        taken = [pod.port_names for pod in pods if selects(one["spec"]["selector"], pod.labels)]
        for endpoint in one["spec"]["podMetricsEndpoints"]:
            if not any(endpoint["port"] in names for names in taken):
                yield f"{shown(one)}: takes no pod with a port {endpoint['port']}"
