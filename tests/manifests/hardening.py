"""What no pod may do, and what it has to say of itself."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from tests.manifests.objects import Overlay, Pod

_MAY_ADD: Final = {"NET_BIND_SERVICE"}
"""What the cluster's restricted pods may have."""


def faults(overlay: Overlay) -> Iterator[str]:
    """Where a pod is less locked up than it could be, or takes as much as it likes."""
    for pod in overlay.pods():
        yield from (f"Deployment {pod.owner}: {text}" for text in _pod(pod))
        for container in pod.containers:
            name = f"Deployment {pod.owner}, {container['name']}"
            yield from (f"{name}: {text}" for text in _container(container))


def _pod(pod: Pod) -> Iterator[str]:
    context = pod.spec.get("securityContext", {})
    if not (context.get("runAsNonRoot") and context.get("runAsUser")):
        yield "may be root"
    if context.get("seccompProfile") != {"type": "RuntimeDefault"}:
        yield "may make any system call"
    if pod.spec.get("automountServiceAccountToken") is not False:
        yield "has a token of the cluster's"
    if pod.spec.get("enableServiceLinks") is not False:
        yield "is told of Services in its environment, where HAIR_TRYON_… are settings"
    if {"hostNetwork", "hostPID", "hostIPC"} & pod.spec.keys():
        yield "shares something with its node"


def _container(container: Mapping[str, Any]) -> Iterator[str]:
    context = container.get("securityContext", {})
    capabilities = context.get("capabilities", {})
    if context.get("allowPrivilegeEscalation") is not False:
        yield "may become more than it is"
    if not context.get("readOnlyRootFilesystem"):
        yield "may change its own files"
    if capabilities.get("drop") != ["ALL"] or set(capabilities.get("add", ())) - _MAY_ADD:
        yield "has capabilities"
    resources = container.get("resources", {})
    if not {"cpu", "memory"} <= resources.get("requests", {}).keys():
        yield "does not say what it needs"
    if "memory" not in resources.get("limits", {}):
        yield "may take all memory"
    image = container["image"]
    if image.rpartition("/")[2].partition(":")[2] in {"", "latest"}:
        yield f"is never the same twice: {image}"
