"""Without an account in the cloud, and without any network, the service does all the rest."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.integration.programs import find_program
from tests.integration.running import ROOT

WITHOUT_NETWORK = ("--user", "--map-root-user", "--net")


@pytest.fixture
def unshare() -> str:
    """The program that makes a namespace. Skips the test where the system does not let it."""
    program = find_program("unshare", "util-linux")
    made = subprocess.run([program, *WITHOUT_NETWORK, "true"], capture_output=True, check=False)
    if made.returncode != 0:
        pytest.skip("this system lets nobody have a network namespace")
    return program


async def test_nothing_is_missed(unshare: str, tmp_path: Path) -> None:
    """A photo, a live frame and a film are made, a haircut's photo is made here with a reason; no
    process tries to reach anything, not even a name server, and nothing is complained of."""
    home = tmp_path / "home"
    home.mkdir()
    # As a service has it: neither an account, nor CI, where libraries keep quiet by themselves.
    environment = {"PATH": os.environ["PATH"], "HOME": str(home)}
    process = await asyncio.create_subprocess_exec(
        unshare, *WITHOUT_NETWORK, sys.executable, "-m", "tests.integration.alone",
        tmp_path / "data", cwd=ROOT, env=environment, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, _ = await process.communicate()
    assert process.returncode == 0
    told: dict[str, Any] = json.loads(output)
    assert told["answers"] == {
        "photos": ["local", "no_token"],
        "frame": "processed_frame",
        "film": "completed",
        "health": "healthy",
    }
    assert told["tried"] == {"Ip": 0, "Ip6": 0, "Udp": 0}
    warning, served = (line for line in told["said"] if '"level": "info"' not in line)
    assert "nobody is asked who they are" in warning
    assert served.startswith("Hair try-on is served on")
    assert told["code"] == 0
    assert not list(home.iterdir())
