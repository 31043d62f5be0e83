"""What is wrong with manifests is found; ``python -m tests.manifests`` looks at our own."""

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

import pytest

from server.routes import operations
from tests.manifests import hardening, references, scaling, schemas, service
from tests.manifests.__main__ import overlays
from tests.manifests.kustomize import apply, build, env_lines
from tests.manifests.objects import Object, Overlay, selects

ADDRESSES: Final = list(operations())
BUILT: Final = {overlay.name: overlay for overlay in overlays()}
POD: Final = "/spec/template/spec"
CONTAINER: Final = f"{POD}/containers/0"
INGRESS: Final = "/spec/rules/0/http/paths"
GATEWAY: Final = "nginx.org/client-max-body-size"


def spoilt(name: str, path: str, value: Any) -> Overlay:
    """The production overlay with one thing in an object changed, or gone if ``value`` is None."""
    overlay = Overlay("production", deepcopy(BUILT["production"].objects))
    kind, _, called = name.partition(" ")
    found = overlay.find(kind, called)
    assert found is not None
    op = "remove" if value is None else "replace"
    apply(found, [{"op": op, "path": path, "value": value}])
    return overlay


@pytest.mark.parametrize("name", sorted(BUILT))
def test_our_own_are_right(name: str) -> None:
    """But for the schemas, which take their time: ``make lint`` looks at those."""
    overlay = BUILT[name]
    assert list(references.faults(overlay)) == []
    assert list(hardening.faults(overlay)) == []
    assert list(service.faults(overlay, ADDRESSES)) == []
    assert list(scaling.faults(overlay)) == []


@pytest.mark.parametrize(
    ("text", "name", "path", "value"),
    [
        ("no pod has a port http", "Deployment hair-tryon", f"{CONTAINER}/ports/0/name", "web"),
        ("Probe: there is no port", "Deployment turn", f"{CONTAINER}/ports/1/name", "web"),
        ("takes no pod", "Service hair-tryon", "/spec/selector", {"a": "b"}),
        ("takes no pod", "PodDisruptionBudget turn", "/spec/selector", {"matchLabels": {"a": "b"}}),
        ("not take its own", "Deployment turn", "/spec/selector/matchLabels", {"a": "b"}),
        (
            "there is no ConfigMap other",
            "Deployment hair-tryon",
            f"{CONTAINER}/envFrom/0/configMapRef/name",
            "other",
        ),
        (
            "has no OTHER",
            "Deployment turn",
            f"{CONTAINER}/env/1/valueFrom/secretKeyRef/key",
            "OTHER",
        ),
        ("there is no volume data", "Deployment hair-tryon", f"{POD}/volumes", []),
        ("no Service other", "Ingress hair-tryon", f"{INGRESS}/0/backend/service/name", "other"),
        ("has no port web", "Ingress hair-tryon", f"{INGRESS}/0/backend/service/port/name", "web"),
        ("nobody who makes it", "Ingress hair-tryon", "/metadata/annotations", {}),
        ("a port web", "ServiceMonitor hair-tryon", "/spec/endpoints/0/port", "web"),
        (
            "no pod with a port http",
            "PodMonitor hair-tryon-worker",
            "/spec/podMetricsEndpoints/0/port",
            "http",
        ),
        ("is none of it", "NetworkPolicy turn", "/spec/policyTypes", ["Ingress"]),
        ("has a port web", "NetworkPolicy turn", "/spec/ingress/0/ports/0/port", "web"),
        ("there are two", "Deployment turn", "/metadata/name", "hair-tryon"),
    ],
)
def test_names_of_nothing_are_found(text: str, name: str, path: str, value: Any) -> None:
    """Whatever one object says of another that is not so."""
    assert said(text, references.faults(spoilt(name, path, value)))


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        ("may be root", f"{POD}/securityContext/runAsNonRoot", None),
        ("any system call", f"{POD}/securityContext/seccompProfile", None),
        ("a token of the cluster's", f"{POD}/automountServiceAccountToken", None),
        ("is told of Services", f"{POD}/enableServiceLinks", True),
        ("shares something", f"{POD}/hostNetwork", True),
        ("more than it is", f"{CONTAINER}/securityContext/allowPrivilegeEscalation", None),
        ("its own files", f"{CONTAINER}/securityContext/readOnlyRootFilesystem", False),
        ("has capabilities", f"{CONTAINER}/securityContext/capabilities", {"drop": []}),
        ("has capabilities", f"{CONTAINER}/securityContext/capabilities/add", ["SYS_ADMIN"]),
        ("what it needs", f"{CONTAINER}/resources/requests/cpu", None),
        ("all memory", f"{CONTAINER}/resources/limits", {}),
        ("never the same twice", f"{CONTAINER}/image", "hair-tryon-service:latest"),
    ],
)
def test_pods_that_may_too_much_are_found(text: str, path: str, value: Any) -> None:
    """Each lock that is left open, and each bound."""
    assert said(text, hardening.faults(spoilt("Deployment hair-tryon", path, value)))


@pytest.mark.parametrize(
    ("text", "name", "path", "value"),
    [
        (
            "there is no /ready",
            "Deployment hair-tryon",
            f"{CONTAINER}/readinessProbe/httpGet/path",
            "/ready",
        ),
        ("there is no /meters", "ServiceMonitor hair-tryon", "/spec/endpoints/0/path", "/meters"),
        (
            "listen at its port metrics",
            "Deployment hair-tryon-worker",
            f"{CONTAINER}/ports/0/containerPort",
            9000,
        ),
        ("is killed after 20", "Deployment hair-tryon", f"{POD}/terminationGracePeriodSeconds", 20),
        (
            "no setting HAIR_TRYON_HOTS",
            "ConfigMap hair-tryon-settings",
            "/data/HAIR_TRYON_HOTS",
            "0.0.0.0",
        ),
        ("port", "ConfigMap hair-tryon-settings", "/data/HAIR_TRYON_PORT", "http"),
        ("nobody is asked", "ConfigMap hair-tryon-settings", "/data/HAIR_TRYON_JWT_KEYS_URL", None),
        ("no video", "Ingress hair-tryon", "/metadata/annotations", {GATEWAY: "8m"}),
        ("shows /metrics", "Ingress hair-tryon", f"{INGRESS}/0/path", "/metrics"),
        ("hides /api/hair-tryOn/me", "Ingress hair-tryon", f"{INGRESS}/6/pathType", "Exact"),
    ],
)
def test_what_the_service_is_not_is_found(text: str, name: str, path: str, value: Any) -> None:
    """Settings that it does not take, addresses that it does not have, times that do not do."""
    assert said(text, service.faults(spoilt(name, path, value), ADDRESSES))


def test_sessions_that_the_gateway_cannot_tell_are_found() -> None:
    """An address with a session's id in another place would be spread over all pods."""
    elsewhere = [*ADDRESSES, ("GET", "/api/hair-tryOn/live/{session_id}")]
    found = service.faults(BUILT["production"], elsewhere)
    assert said("does not find the session in /api/hair-tryOn/live/{session_id}", found)


@pytest.mark.parametrize(
    ("text", "name", "path", "value"),
    [
        (
            "no such Deployment",
            "HorizontalPodAutoscaler hair-tryon",
            "/spec/scaleTargetRef/name",
            "x",
        ),
        ("how many pods there are", "Deployment hair-tryon", "/spec/replicas", 3),
        (
            "tells no hair",
            "HorizontalPodAutoscaler hair-tryon",
            "/spec/metrics/2/pods/metric/name",
            "hair",
        ),
        (
            "nobody records",
            "PrometheusRule hair-tryon-scaling",
            "/spec/groups/0/rules/3/record",
            "x",
        ),
    ],
)
def test_figures_that_nobody_tells_are_found(text: str, name: str, path: str, value: Any) -> None:
    """What the autoscaler waits for in vain."""
    assert said(text, scaling.faults(spoilt(name, path, value)))


@pytest.mark.parametrize(
    ("path", "value"),
    [("/spec/template/spec/containers/0/imagee", "x"), ("/spec/replicas", "three")],
)
def test_what_is_no_kubernetes_is_found(path: str, value: Any) -> None:
    """Names that there are not, and values of another kind."""
    overlay = spoilt("Deployment hair-tryon", path, value)
    deployment = overlay.find("Deployment", "hair-tryon")
    assert deployment is not None
    assert said("Deployment hair-tryon", schemas.faults(Overlay("production", [deployment])))


def test_files_of_settings_are_read_as_kustomize_does() -> None:
    """Comments and empty lines are none, and quotes are part of the value."""
    text = '# a comment\n\nA=1\nB="two" # three\nC=x=y\nD=\n'
    assert dict(env_lines(text)) == {"A": "1", "B": '"two" # three', "C": "x=y", "D": ""}


def test_what_else_kustomize_can_do_is_refused(tmp_path: Path) -> None:
    """Rather than built without it."""
    (tmp_path / "kustomization.yaml").write_text("resources: []\nnamePrefix: my-\n")
    with pytest.raises(ValueError, match="not read here: namePrefix"):
        build(tmp_path)
    one: Object = {"kind": "Service"}
    with pytest.raises(ValueError, match="not read here: move"):
        apply(one, [{"op": "move", "path": "/kind", "from": "/name"}])


def test_selectors_take_what_they_say() -> None:
    """All labels, one of several values, and everything where nothing is said."""
    labels = {"app": "hair", "part": "server"}
    assert selects({}, labels)
    assert selects({"matchLabels": {"app": "hair"}}, labels)
    assert not selects({"matchLabels": {"app": "hair", "part": "worker"}}, labels)
    rule = {"key": "part", "operator": "In", "values": ["server", "worker"]}
    assert selects({"matchExpressions": [rule]}, labels)
    assert not selects({"matchExpressions": [rule]}, {"part": "turn"})
    with pytest.raises(ValueError, match="not read here: NotIn"):
        selects({"matchExpressions": [rule | {"operator": "NotIn"}]}, labels)


def said(text: str, found: Iterator[str]) -> bool:
    """Whether one of the faults that were found has this in it."""
    return any(text in fault for fault in found)
