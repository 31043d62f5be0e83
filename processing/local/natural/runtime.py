"""The library that runs the networks, which would tell its maker of it.

Since 1.29 its wheels count how it is used, keep an id of the machine in the home folder, and send
both to a host of Microsoft's; but not where this variable is set before they are loaded. So nothing
but this module loads it.
"""

import os
from pathlib import Path

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

from onnxruntime import InferenceSession, SessionOptions

__all__ = ["InferenceSession", "open_session"]

MODELS = Path(__file__).parents[2] / "models"


def open_session(name: str) -> InferenceSession:
    """A network of ours, made to run on the calling thread alone; safe to share by threads.

    The service has a worker for each core: threads of onnxruntime's own would compete with them,
    and its arena would keep the peak of every worker for good.
    """
    options = SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    return InferenceSession(str(MODELS / name), options, providers=["CPUExecutionProvider"])
