"""How many pods are kept, reckoned by Prometheus itself from the rules in ``monitoring.yaml``."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

from tests.integration.programs import find_program
from tests.manifests.objects import KUBERNETES, read_objects

MONITORING: Final = KUBERNETES / "overlays" / "production" / "monitoring.yaml"
PODS: Final = 4
SCRAPES: Final = 20
"""A minute apart."""


def series(cpu_ratio: float, requests_per_minute: float | None) -> Iterator[dict[str, str]]:
    """Four pods with two processors each, so busy; nobody but the cluster has asked if None."""
    names = [f"hair-tryon-{index}" for index in range(PODS)]
    yield seen('kube_deployment_spec_replicas{deployment="hair-tryon",namespace="n"}', PODS, 0)
    for name in names:
        asked = f'container="server",namespace="n",pod="{name}"'
        yield seen(f'kube_pod_container_resource_requests{{resource="cpu",{asked}}}', 2, 0)
        own = f'job="hair-tryon",namespace="n",pod="{name}"'
        yield seen(f"process_cpu_seconds_total{{{own}}}", 0, 2 * cpu_ratio * 60)
        yield seen(f'hair_tryon_requests_total{{{own},endpoint="/readyz"}}', 0, 12)
        if requests_per_minute is not None:
            yield seen(f'hair_tryon_requests_total{{{own},endpoint="/"}}', 0, requests_per_minute)


def seen(name: str, first: float, more: float) -> dict[str, str]:
    """A series as promtool takes it."""
    return {"series": name, "values": f"{first}+{more}x{SCRAPES}"}


def case(cpu_ratio: float, requests_per_minute: float | None, kept: int) -> dict[str, Any]:
    """What has to come of it."""
    sample = {"labels": 'hair_tryon:pods_kept{namespace="n"}', "value": kept}
    wanted = {"expr": "hair_tryon:pods_kept", "eval_time": "15m", "exp_samples": [sample]}
    given = list(series(cpu_ratio, requests_per_minute))
    return {"interval": "1m", "input_series": given, "promql_expr_test": [wanted]}


def test_pods_are_kept_until_both_figures_are_low(tmp_path: Path) -> None:
    """Below 30 % of processor time and 20 requests a minute, as the report has it."""
    promtool = find_program("promtool", "prometheus")
    spec = next(one for one in read_objects(MONITORING) if one["kind"] == "PrometheusRule")["spec"]
    (tmp_path / "rules.yml").write_text(yaml.safe_dump(spec))
    cases = [
        case(cpu_ratio=0.29, requests_per_minute=19, kept=0),
        case(cpu_ratio=0.31, requests_per_minute=19, kept=PODS),
        case(cpu_ratio=0.29, requests_per_minute=21, kept=PODS),
        case(cpu_ratio=0.9, requests_per_minute=200, kept=PODS),
        case(cpu_ratio=0.9, requests_per_minute=None, kept=PODS),
        case(cpu_ratio=0.1, requests_per_minute=None, kept=0),
    ]
    test = {"rule_files": ["rules.yml"], "evaluation_interval": "1m", "tests": cases}
    (tmp_path / "test.yml").write_text(yaml.safe_dump(test))
    command = [promtool, "test", "rules", str(tmp_path / "test.yml")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
