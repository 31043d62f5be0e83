"""Programs of the system that tests need: the browser, the TURN server."""

import os
import shutil

import pytest


def find_program(name: str, package: str) -> str:
    """Its path. Skips the test where there is none, except in CI: there it fails."""
    path = shutil.which(name)
    if path is None:
        reason = f"{name} is not installed (apt-get install {package})"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return path
