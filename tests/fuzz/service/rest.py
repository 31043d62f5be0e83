"""All addresses by schemathesis, with credentials of every kind."""

import asyncio
import random
import sys
import time
from pathlib import Path
from typing import Final

from tests.fuzz.service.ground import API, USER, Ground, credentials
from tests.integration.running import ROOT

CONFIG: Final = ROOT / "tests" / "schema" / "schemathesis.toml"
EXAMPLES: Final = 100
SPELL_S: Final = 20
"""One run takes so long, or a little longer."""


class Rest:
    """What the document says of each address is so, whoever asks."""

    name = "rest"

    def __init__(self, number: int) -> None:
        self._next = number

    async def once(self, ground: Ground, rng: random.Random) -> None:
        """One run of one caller; the callers take turns."""
        who, headers = list(credentials().items())[self._next % len(credentials())]
        self._next += 1
        seed = rng.getrandbits(32)
        config = ground.server.data_dir.with_name("schemathesis.toml")
        user_id = "salon" if who == "key" else USER
        config.write_text(
            CONFIG.read_text().replace("RESULT_ID", "0" * 32).replace("USER_ID", user_id)
        )
        (header,) = (f"{name}: {value}" for name, value in headers.items())
        # A key is good beside whatever is in Authorization that is no token: proxies want that.
        passed_over = ("--exclude-checks", "ignored_auth") if who == "key" else ()
        began_s = time.monotonic()
        code, output = await _run(
            config, "run", f"{ground.server.url}/openapi.json", "--header", header,
            "--max-examples", str(EXAMPLES), "--seed", str(seed), "--max-time", str(SPELL_S),
            "--max-failures", "3", "--no-color", *passed_over,
        )  # fmt: skip
        ground.counts[f"{self.name} {who} {'clean' if code == 0 else 'not clean'}"] += 1
        if code != 0:
            took_s = time.monotonic() - began_s
            words = f"schemathesis as {who}, seed {seed}, {took_s:.0f} s: {output[-6000:]}"
            ground.finds.note(self.name, words, output.encode())

    async def tidy(self, ground: Ground) -> None:
        """What it has made goes."""
        admin = credentials()["admin"]
        for user_id in (USER, "salon"):
            await ground.ask(self.name, "DELETE", f"{API}/user/{user_id}/data", user=admin)


async def _run(config: Path, *arguments: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("st")), "--config-file", str(config), *arguments,
        cwd=ROOT, env={"PYTHONPATH": str(ROOT), "HOME": str(config.parent)},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode(errors="replace")
