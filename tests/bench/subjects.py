"""What is measured: the servers, how they are started and what their clients wear."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from tests.bench.child import Server, put_under_load, serving
from tests.bench.plan import LoadPlan, LoadReport, Protocol

PASSTHROUGH = "passthrough"
NO_LOOK = "no look"
IDENTITY = "identity"
CLASSIC = "classic"
NATURAL = "natural"
ALL = (PASSTHROUGH, NO_LOOK, IDENTITY, CLASSIC, NATURAL)
COLOR = "copper"
UNDER_WAY_MAX = 16
"""More than a mailbox holds, so that the server decides what is dropped, not the client."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A running server and the look of its clients."""

    name: str
    server: Server
    look: Mapping[str, Any] | None

    def measure(
        self,
        protocol: Protocol,
        rates_fps: Sequence[float],
        *,
        window_s: float,
        warm_up_s: float = 1.0,
        under_way_max: int = UNDER_WAY_MAX,
    ) -> LoadReport:
        """One run of the load generator."""
        plan = LoadPlan(
            port=self.server.port,
            server_pid=self.server.pid,
            protocol=protocol,
            rates_fps=tuple(rates_fps),
            warm_up_s=warm_up_s,
            window_s=window_s,
            under_way_max=under_way_max,
            look=self.look,
            wants_stats=self.name != PASSTHROUGH,
        )
        return put_under_load(plan)


@contextmanager
def subject(name: str, threads: int) -> Iterator[Subject]:
    """The passthrough, or this service with no look, or one of the engines."""
    if name == PASSTHROUGH:
        with serving("tests.bench.passthrough", f"--threads={threads}") as server:
            yield Subject(name, server, None)
    elif name == NO_LOOK:
        with serving("tests.bench.service", f"--threads={threads}") as server:
            yield Subject(name, server, None)
    else:
        with staged(name, threads, 0.0) as one:
            yield one


@contextmanager
def staged(engine: str, threads: int, stage_ms: float, *flags: str) -> Iterator[Subject]:
    """This service with an engine whose stage takes that long, and with more flags of its own."""
    known = (f"--engine={engine}", f"--threads={threads}", f"--stage-ms={stage_ms}")
    with serving("tests.bench.service", *known, *flags) as server:
        yield Subject(engine, server, {"engine": engine, "color": COLOR})


@contextmanager
def subjects(names: Sequence[str], threads: int) -> Iterator[list[Subject]]:
    """Several at once, so that their runs can be interleaved; an idle one costs nothing."""
    with ExitStack() as stack:
        yield [stack.enter_context(subject(name, threads)) for name in names]
