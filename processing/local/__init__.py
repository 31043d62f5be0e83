"""Engines that run on this machine's processor, offline."""

from typing import Final

from processing.engine import Engines
from processing.local.classic.engine import ClassicEngine
from processing.local.memory import keep_freed_memory
from processing.local.natural.engine import NaturalEngine
from processing.local.natural.model import Networks
from processing.local.threads import use_one_thread_per_call

LOCAL: Final = "local"
"""Who does the work (``ai_model`` of the report's section 5.1)."""


def local_engines(networks: Networks = "all") -> Engines:
    """The engines that come with the service; the first is the default."""
    use_one_thread_per_call()
    keep_freed_memory()
    return Engines(NaturalEngine(networks), ClassicEngine())
