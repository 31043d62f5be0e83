"""The network that ours was taught by, for comparison: MediaPipe's hair_segmenter at 512 px.

It runs in ai-edge-litert, which is no dependency of the project: install it by hand to compare.
"""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from media.frame import Picture
from processing.local.natural.crop import Square, take
from tests.bench.quality.arrays import Plane

SIZE_PX = 512
ABSENT = "ai-edge-litert is not installed: the teacher is left out (pip install ai-edge-litert)"


def is_available() -> bool:
    """Whether the teacher can be run here."""
    return find_spec("ai_edge_litert") is not None


class Teacher:
    """One interpreter, on one thread."""

    def __init__(self, weights: Path) -> None:
        runtime = import_module("ai_edge_litert.interpreter")
        self._interpreter: Any = runtime.Interpreter(str(weights), num_threads=1)
        self._input: int = self._interpreter.get_input_details()[0]["index"]
        self._output: int = self._interpreter.get_output_details()[0]["index"]
        self._interpreter.resize_tensor_input(self._input, [1, SIZE_PX, SIZE_PX, 4])
        self._interpreter.allocate_tensors()

    def hair_in(self, picture: Picture, square: Square) -> Plane:
        """See See."""
        return self.probability(take(picture, square, SIZE_PX))

    def probability(self, crop: Picture) -> Plane:
        """How likely each pixel of a (512, 512, 3) BGR crop is hair, float32 0 to 1."""
        tensor = np.zeros((1, SIZE_PX, SIZE_PX, 4), np.float32)
        tensor[0, :, :, :3] = cv2.cvtColor(crop, cv2.COLOR_BGR2RGB) / np.float32(255)
        self._interpreter.set_tensor(self._input, tensor)
        self._interpreter.invoke()
        scores = self._interpreter.get_tensor(self._output)[0]
        likely: Plane = 1 / (1 + np.exp(scores[..., 0] - scores[..., 1]))
        return likely
