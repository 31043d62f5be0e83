"""What is logged, for tests that look at it."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

import pytest
import structlog
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs
from structlog.typing import EventDict


@contextmanager
def logged(module: ModuleType) -> Iterator[list[EventDict]]:
    """The lines of a module in the block. Its own logger may still write where a test before this
    one has told it to."""
    with capture_logs([merge_contextvars]) as lines, pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "log", structlog.get_logger())
        yield lines
