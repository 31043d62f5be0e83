"""This service as a child process: ``python -m tests.bench.service --engine identity``."""

import argparse
import tempfile
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from processing.engine import Engine, Engines
from processing.local import local_engines
from processing.local.threads import use_one_thread_per_call
from server.app import create_app
from server.connections.runner import make_runner
from server.logs import configure_logging
from server.settings import Settings
from tests.bench import engines
from tests.bench.host import SHUTDOWN_TIMEOUT_S, run_runner
from tests.replicate.service import TOKEN

NO_LIMIT = 10_000_000
PHOTOS = 64
"""At once; all of them come from one address here, which has a part of the places."""
STAGES = {"identity": engines.identity, "sleep": engines.sleep, "burn": engines.burn}


def bench_engine(name: str, stage_ms: float) -> Engine:
    """The engine of that name; ``none`` gives a cheap one, for sessions without a look."""
    if name in STAGES:
        return engines.StageEngine(name, STAGES[name], stage_ms / 1000.0)
    return local_engines().get("classic" if name == "none" else name)


def bench_settings(data_dir: Path, threads: int, replicate_url: str = "") -> Settings:
    """The defaults, or what the environment says, but without limits on rates and sessions. With
    an address there is an account at the stand-in that is there."""
    account: dict[str, Any] = {}
    if replicate_url:
        account = {"replicate_url": replicate_url, "replicate_api_token": SecretStr(TOKEN)}
    return Settings(
        _env_file=None,
        data_dir=data_dir,
        threads=threads,
        frames_per_minute=NO_LIMIT,
        max_sessions=NO_LIMIT,
        max_connections=NO_LIMIT,
        max_user_sessions=NO_LIMIT,
        connections_per_minute=NO_LIMIT,
        uploads_per_hour=NO_LIMIT,
        calls_per_hour=NO_LIMIT,
        max_photos=PHOTOS,
        **account,
    )


def main() -> None:
    """Serve until standard input is closed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", default="none", choices=["none", "classic", "natural", *STAGES])
    parser.add_argument("--stage-ms", type=float, default=60.0, help="of sleep and burn")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--replicate-url", default="")
    arguments = parser.parse_args()
    configure_logging("console", "warning")
    use_one_thread_per_call()  # as the service has it, also with an engine of the bench's own
    with tempfile.TemporaryDirectory() as folder:
        settings = bench_settings(Path(folder), arguments.threads, arguments.replicate_url)
        engine = bench_engine(arguments.engine, arguments.stage_ms)
        app = create_app(settings, engines=Engines(engine))
        run_runner(make_runner(app, settings, grace_s=SHUTDOWN_TIMEOUT_S))


if __name__ == "__main__":
    main()
