"""What a cluster is told: objects, and what is inside them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

import yaml

DEPLOY: Final = Path(__file__).parents[2] / "deploy"
KUBERNETES: Final = DEPLOY / "kubernetes"

Object: TypeAlias = dict[str, Any]
"""A manifest, as YAML has it."""
Labels: TypeAlias = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Pod:
    """What a Deployment makes. ``owner`` is its name."""

    owner: str
    labels: Labels
    spec: Mapping[str, Any]

    @property
    def containers(self) -> Sequence[Mapping[str, Any]]:
        """Its containers."""
        found: Sequence[Mapping[str, Any]] = self.spec["containers"]
        return found

    @property
    def port_names(self) -> set[str]:
        """The names of its ports."""
        return {port["name"] for one in self.containers for port in one.get("ports", ())}


@dataclass(frozen=True, slots=True)
class Overlay:
    """All objects of one overlay."""

    name: str
    objects: list[Object]

    def of(self, kind: str) -> Iterator[Object]:
        """Those of one kind."""
        return (one for one in self.objects if one["kind"] == kind)

    def find(self, kind: str, name: str) -> Object | None:
        """The one of this name."""
        return next((one for one in self.of(kind) if name_of(one) == name), None)

    def pods(self) -> Iterator[Pod]:
        """What its Deployments make."""
        for one in self.of("Deployment"):
            template = one["spec"]["template"]
            yield Pod(name_of(one), template["metadata"]["labels"], template["spec"])


def name_of(one: Object) -> str:
    """An object's name."""
    name: str = one["metadata"]["name"]
    return name


def shown(one: Object) -> str:
    """An object as findings name it."""
    return f"{one['kind']} {name_of(one)}"


def read_objects(path: Path) -> list[Object]:
    """The objects of a file."""
    return [one for one in yaml.safe_load_all(path.read_text(encoding="utf-8")) if one]


def read_one(path: Path) -> Object:
    """The document of a file that has one."""
    document: Object = yaml.safe_load(path.read_text(encoding="utf-8"))
    return document


def selects(selector: Mapping[str, Any], labels: Labels) -> bool:
    """Whether a label selector takes what has these labels; an empty one takes everything."""
    if any(labels.get(key) != value for key, value in selector.get("matchLabels", {}).items()):
        return False
    return all(_meets(rule, labels) for rule in selector.get("matchExpressions", ()))


def _meets(rule: Mapping[str, Any], labels: Labels) -> bool:
    if rule["operator"] != "In":
        raise ValueError(f"an operator that is not read here: {rule['operator']}")
    return labels.get(rule["key"]) in rule["values"]
