"""Parsers stand what they are fed. ``python -m tests.fuzz`` feeds them for longer."""

import pytest

from tests.fuzz.target import Target, hunt
from tests.fuzz.targets import TARGETS

EXAMPLES = 25


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_a_parser_raises_nothing_but_its_errors(target: Target) -> None:
    """The same inputs each time."""
    assert hunt(target, EXAMPLES, seed=1, is_timed=False) is None
