"""The seam behind which the engines stand: local now, others beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from media.frame import Picture
from processing.look import Look, LookError


@dataclass(frozen=True, slots=True, eq=False)
class Rendered:
    """A changed picture. ``heads`` is how many heads were found, None if nobody looked.

    ``stage_ms`` tells how long each of the engine's own stages took.
    """

    picture: Picture
    heads: int | None = None
    stage_ms: Mapping[str, float] = field(default_factory=dict)


class Styler(Protocol):
    """An engine's state for one live client: what it remembers from frame to frame.

    Its calls come one at a time, though not always from the same thread.
    """

    def render(self, picture: Picture, look: Look) -> Rendered:
        """Apply the look. The picture given is the caller's to reuse: it must not be changed."""
        ...


class Engine(Protocol):
    """A way of changing hair. Shared by all clients; calls may come from several threads."""

    name: str

    def warm_up(self) -> None:
        """Load what the calling thread needs, so that no frame has to wait for it."""
        ...

    def open(self) -> Styler:
        """State for a new client; cheap, since it is called on the event loop."""
        ...

    def applies(self, look: Look) -> tuple[str, ...]:
        """What of the look this engine will in fact apply: ``style``, ``color``, or nothing."""
        ...


class Engines:
    """The engines by name; the first is the default."""

    def __init__(self, *engines: Engine) -> None:
        self._engines = {engine.name: engine for engine in engines}
        self.default = engines[0].name

    def warm_up(self) -> None:
        """Let every engine load what the calling thread needs."""
        for engine in self._engines.values():
            engine.warm_up()

    def get(self, name: str) -> Engine:
        """The engine of that name. Raises LookError if there is none."""
        if name not in self._engines:
            known = ", ".join(self._engines)
            raise LookError(f"engine: unknown: {name[:32]!r}; known are {known}")
        return self._engines[name]
