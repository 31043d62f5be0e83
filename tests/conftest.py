"""What all tests have in common."""

import sys
import threading
from collections.abc import Generator

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Watch no lines where it shows nothing and takes five times as long. (pytest-cov's own mark
    does not reach the processes of pytest-xdist, where two measurements are stacked.)"""
    if item.get_closest_marker("untraced") is None:
        return (yield)
    here, elsewhere = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)
    try:
        return (yield)
    finally:
        threading.settrace(elsewhere)
        sys.settrace(here)
