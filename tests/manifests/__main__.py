"""Builds the overlays and prints what is wrong with them."""

import sys
from collections.abc import Iterator

from server.routes import operations
from tests.manifests import hardening, prometheus_kinds, references, scaling, schemas, service
from tests.manifests.kubectl import differences, find_kubectl
from tests.manifests.kustomize import build
from tests.manifests.objects import KUBERNETES, Overlay


def overlays() -> list[Overlay]:
    """All that there are."""
    folders = sorted((KUBERNETES / "overlays").iterdir())
    return [Overlay(folder.name, build(folder)) for folder in folders]


def faults(overlay: Overlay) -> Iterator[str]:
    """What is wrong with one."""
    yield from schemas.faults(overlay)
    yield from references.faults(overlay)
    yield from hardening.faults(overlay)
    yield from service.faults(overlay, list(operations()))
    yield from scaling.faults(overlay)


def main() -> int:
    """Print what is wrong, and how much was looked at; 1 if anything is wrong."""
    built, kubectl = overlays(), find_kubectl()
    wrong = [f"{one.name}: {text}" for one in built for text in faults(one)]
    wrong += [f"{one.name}: {text}" for one in built for text in prometheus_kinds.faults(one)]
    if kubectl is not None:
        wrong += [f"{one.name}: {text}" for one in built for text in differences(kubectl, one)]
    for text in wrong:
        print(text)
    count = sum(len(one.objects) for one in built)
    compared = "as kustomize builds them" if kubectl else "not compared with kustomize: no kubectl"
    print(f"{count} objects of {len(built)} overlays, {compared}; {len(wrong)} faults")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
