"""A parser that is fed at random, and the hunt for what it cannot stand."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import hypothesis
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st

from tests.fuzz.find import Find
from tests.fuzz.mutation import mutated

SLOW_S: Final = 0.5
"""Of a thread's own time: no input may hold the event loop up for so long."""
AGAIN: Final = 2
"""So often what was slow is tried again: a machine may have been busy with something else."""


class TooSlow(Exception):
    """One input takes more than SLOW_S, each time."""


class Panicked(Exception):
    """What was raised is no Exception, so that nobody would have caught it."""


@dataclass(frozen=True, slots=True)
class Target:
    """``run`` takes one of the ``inputs`` and may raise ``errors``, which it documents, alone."""

    name: str
    inputs: st.SearchStrategy[Any]
    run: Callable[[Any], object]
    errors: tuple[type[Exception], ...] = ()

    def feed(self, one: Any) -> None:
        """Raises what is no error of its own."""
        try:
            self.run(one)
        except self.errors:
            return
        except (Exception, KeyboardInterrupt):
            raise
        except BaseException as error:
            raise Panicked(repr(error)) from error


def changed(*seeds: bytes, words: Sequence[bytes] = ()) -> st.SearchStrategy[bytes]:
    """Good inputs, more or less."""
    # Hypothesis's own randoms could be made smaller, but take thirty times as long.
    rngs = st.integers(0, 2**64).map(random.Random)
    return st.builds(lambda seed, rng: mutated(seed, rng, words), st.sampled_from(seeds), rngs)


def changed_text(*seeds: str, words: Sequence[str] = ()) -> st.SearchStrategy[str]:
    """The same of texts."""
    coded = changed(*(seed.encode() for seed in seeds), words=[word.encode() for word in words])
    return coded.map(lambda data: data.decode(errors="replace"))


def hunt(target: Target, examples: int, seed: int, *, is_timed: bool) -> Find | None:
    """What goes wrong with one of so many inputs, as small as it can be made; None if nothing."""
    last: list[Any] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(target.inputs)
    def once(one: Any) -> None:
        last[:] = [one]
        if _seconds(target, one) > SLOW_S and is_timed:
            _check_again(target, one)

    try:
        once()
    except Exception as error:
        return Find(target.name, _words(error), _bytes_of(last[0]))
    return None


def _seconds(target: Target, one: Any) -> float:
    began_s = time.thread_time()
    target.feed(one)
    return time.thread_time() - began_s


def _check_again(target: Target, one: Any) -> None:
    """Raises TooSlow."""
    if min(_seconds(target, one) for _ in range(AGAIN)) > SLOW_S:
        raise TooSlow


def _words(error: Exception) -> str:
    """The error, and the innermost place where it was raised."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    code = place.tb_frame.f_code if place is not None else None
    where = f"{code.co_qualname}, line {place.tb_lineno}" if code and place else "?"
    return f"{type(error).__name__}: {error} ({where})"[:500]


def _bytes_of(one: Any) -> bytes:
    if isinstance(one, bytes):
        return one
    return one.encode("utf-8", "surrogatepass") if isinstance(one, str) else repr(one).encode()
