"""Whether what the autoscaler asks for is there."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from tests.manifests.objects import KUBERNETES, Object, Overlay, read_one, shown

_ADAPTER: Final = KUBERNETES / "helm" / "prometheus-adapter.yaml"


def faults(overlay: Overlay) -> Iterator[str]:
    """Targets that do not exist, and figures that nobody tells."""
    rules = read_one(_ADAPTER)["rules"]
    recorded = set(_recorded(overlay))
    for one in overlay.of("HorizontalPodAutoscaler"):
        target = overlay.find("Deployment", one["spec"]["scaleTargetRef"]["name"])
        if target is None:
            yield f"{shown(one)}: there is no such Deployment"
        elif "replicas" in target["spec"]:
            yield f"{shown(target)}: says how many pods there are, as {shown(one)} does"
        yield from _metrics(one, rules)
    for rule in rules["external"] if recorded else ():
        if not any(f'__name__="{name}"' in rule["seriesQuery"] for name in recorded):
            yield f"{_ADAPTER.name}: nobody records {rule['seriesQuery']}"


def expressions(overlay: Overlay) -> Iterator[str]:
    """What Prometheus and its adapter are asked, in Prometheus' language."""
    for one in overlay.of("PrometheusRule"):
        for group in one["spec"]["groups"]:
            yield from (rule["expr"] for rule in group["rules"])
    for rules in (read_one(_ADAPTER)["rules"][kind] for kind in ("custom", "external")):
        yield from (rule["seriesQuery"] for rule in rules)


def _recorded(overlay: Overlay) -> Iterator[str]:
    for one in overlay.of("PrometheusRule"):
        for group in one["spec"]["groups"]:
            yield from (rule["record"] for rule in group["rules"])


def _metrics(one: Object, rules: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[str]:
    for metric in one["spec"]["metrics"]:
        for kind, told in (("Pods", "custom"), ("External", "external")):
            if metric["type"] != kind:
                continue
            name = metric[kind.lower()]["metric"]["name"]
            if name not in {rule["name"]["as"] for rule in rules[told]}:
                yield f"{shown(one)}: {_ADAPTER.name} tells no {name}"
