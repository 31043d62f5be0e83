"""Kubernetes' own schemas, which ``kubernetes-validate`` has in it."""

from collections.abc import Iterator
from typing import Final

import kubernetes_validate

from tests.manifests.objects import Object, Overlay, shown

VERSIONS: Final = ("1.32", "1.37")
"""The oldest and the newest Kubernetes that the objects are for."""
_OPERATOR: Final = "monitoring.coreos.com/v1"
"""The Prometheus operator's kinds are not Kubernetes' own; ``references.py`` looks at them."""


def faults(overlay: Overlay) -> Iterator[str]:
    """What the schemas find: unknown names too."""
    for one in overlay.objects:
        if one["apiVersion"] != _OPERATOR:
            for version in VERSIONS:
                yield from _faults_of(one, version)


def _faults_of(one: Object, version: str) -> Iterator[str]:
    try:
        kubernetes_validate.validate(one, version, strict=True)
    except kubernetes_validate.ValidationError as error:
        place = ".".join(str(part) for part in error.path)
        yield f"{shown(one)}: {place}: {error.message} (Kubernetes {version})"
    except kubernetes_validate.SchemaNotFoundError:
        yield f"{shown(one)}: Kubernetes {version} has no {one['apiVersion']} {one['kind']}"
