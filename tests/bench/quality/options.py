"""What every part of the bench is told."""

from dataclasses import dataclass
from pathlib import Path

from processing.local.natural.model import Networks
from tests.bench.quality.truth import TruthSet


@dataclass(frozen=True, slots=True)
class Options:
    """``shared`` is the folder of test data, ``out`` where figures and sheets go.

    ``limit`` is about how many pictures are judged, None for all; ``frames`` how many of a clip;
    ``networks`` which of the engine's networks are judged.
    """

    shared: Path
    out: Path
    limit: int | None
    frames: int
    networks: Networks

    @property
    def media(self) -> Path:
        """The clips and the photo."""
        return self.shared / "media"

    @property
    def models(self) -> Path:
        """Networks for comparison."""
        return self.shared / "models"

    def truth(self) -> TruthSet:
        """The pictures that people drew masks for."""
        return TruthSet(self.shared / "truth")

    def thinned(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """All names, or about ``limit`` of them from all over the list."""
        step = -(-len(names) // self.limit) if self.limit else 1
        return names[::step]
