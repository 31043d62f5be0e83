"""The meters of several workers as one. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from prometheus_client import Metric

Labels: TypeAlias = tuple[tuple[str, str], ...]
Key: TypeAlias = tuple[str, Labels]

WORKER: Final = "worker"
"""The label of what is told of each by itself."""
OWN: Final = ("process_", "python_info")
"""How the names of those begin: the sum of starting times says nothing."""
ASKED: Final = frozenset(
    {
        "hair_tryon_jobs",
        "hair_tryon_disk_free_bytes",
        "hair_tryon_disk_bytes",
        "hair_tryon_workers_missed",
    }
)
"""What is found out of a database, of disks and of the supervisor is told by the worker that has
asked them, once."""
_CUMULATIVE: Final = frozenset({"counter", "histogram", "summary"})
_CREATED: Final = "_created"


@dataclass(frozen=True, slots=True)
class Family:
    """A meter at one moment: its values by the samples' names and labels."""

    name: str
    kind: str
    text: str
    values: Mapping[Key, float]

    @property
    def is_own(self) -> bool:
        """Whether it is told of each worker by itself."""
        return self.name.startswith(OWN)

    @property
    def is_cumulative(self) -> bool:
        """Whether it goes on where a worker that has ended has left it."""
        return self.kind in _CUMULATIVE and not self.is_own

    def metric(self) -> Metric:
        """As an encoder takes it."""
        metric = Metric(self.name, self.text, self.kind)
        for (name, labels), value in self.values.items():
            metric.add_sample(name, dict(labels), value)
        return metric


def read(metrics: Iterable[Metric]) -> list[Family]:
    """Meters as a registry has them."""
    return [
        Family(
            metric.name,
            metric.type,
            metric.documentation,
            {(one.name, tuple(sorted(one.labels.items()))): one.value for one in metric.samples},
        )
        for metric in metrics
    ]


def cumulative(families: Iterable[Family]) -> list[Family]:
    """What is left of a worker that has ended."""
    return [family for family in families if family.is_cumulative]


def summed(of_workers: Iterable[Sequence[Family]]) -> list[Family]:
    """Values of the same samples together; what was created is as old as the first."""
    first, values = dict[str, Family](), dict[str, dict[Key, float]]()
    for families in of_workers:
        for family in families:
            first.setdefault(family.name, family)
            sums = values.setdefault(family.name, {})
            for key, value in family.values.items():
                sums[key] = _together(key, sums[key], value) if key in sums else value
    return [Family(name, one.kind, one.text, values[name]) for name, one in first.items()]


def merged(of_workers: Mapping[int, Sequence[Family]], asked: int) -> list[Family]:
    """The meters of all workers, by their slots; ``asked`` is the one that was asked for them."""
    told = (
        [_told(family, slot) for family in families if slot == asked or family.name not in ASKED]
        for slot, families in of_workers.items()
    )
    return summed(told)


def _told(family: Family, slot: int) -> Family:
    if not family.is_own:
        return family
    worker = (WORKER, str(slot))
    values = {(name, (*labels, worker)): value for (name, labels), value in family.values.items()}
    return Family(family.name, family.kind, family.text, values)


def _together(key: Key, one: float, other: float) -> float:
    return min(one, other) if key[0].endswith(_CREATED) else one + other
