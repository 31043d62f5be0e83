"""The Prometheus operator's own kinds, by models that are made from its definitions of them."""

from collections.abc import Iterator
from typing import Final

from pydantic import ValidationError

from tests.manifests.objects import Overlay, shown

GROUP: Final = "monitoring.coreos.com/v1"


def faults(overlay: Overlay) -> Iterator[str]:
    """What the models find: unknown names too. They take ten seconds to load."""
    from cloudcoil.models.prometheus_operator import v1

    for one in overlay.objects:
        if one["apiVersion"] == GROUP:
            try:
                getattr(v1, one["kind"]).model_validate(one, extra="forbid")
            except ValidationError as error:
                for found in error.errors(include_url=False):
                    place = ".".join(str(part) for part in found["loc"])
                    yield f"{shown(one)}: {place}: {found['msg']}"
