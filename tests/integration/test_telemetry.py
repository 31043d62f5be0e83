"""What libraries would tell their makers is not told."""

import os
import subprocess
import sys
from pathlib import Path

from tests.integration.running import ROOT

LOOK = "from processing.local.natural.model import HairModel; HairModel().warm_up()"


def test_networks_tell_nobody(tmp_path: Path) -> None:
    """Their library keeps neither an id of this machine nor what it would send; without ``CI`` in
    the environment, where it keeps quiet by itself."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", LOOK], cwd=ROOT, env=environment, check=True)
    assert not list(tmp_path.iterdir())
