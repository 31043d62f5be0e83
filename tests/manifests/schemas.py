"""Kubernetes' own schemas, which ``kubernetes-validate`` has in it."""

from collections.abc import Iterator
from typing import Final

import kubernetes_validate

from tests.manifests.objects import Object, Overlay, shown
from tests.manifests.prometheus_kinds import GROUP

VERSIONS: Final = ("1.32", "1.37")
"""The oldest and the newest Kubernetes that the objects are for."""


def faults(overlay: Overlay) -> Iterator[str]:
    """What the schemas find: unknown names too. For the operator's kinds see
    ``prometheus_kinds.py``."""
    for one in overlay.objects:
        if one["apiVersion"] != GROUP:
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
