"""The network that is learned from: any TFLite network that takes (1, s, s, 4) float RGB 0 to 1
with a fourth plane of zeros and answers two logits, the second of which is hair (MediaPipe's
hair_segmenter, Apache-2.0)."""

from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from media.frame import Picture

SIZE_PX = 512


class Teacher:
    """A loaded network, on one thread."""

    def __init__(self, model: Path, size_px: int = SIZE_PX) -> None:
        self._interpreter = Interpreter(str(model), num_threads=1)
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._interpreter.resize_tensor_input(self._input, [1, size_px, size_px, 4])
        self._interpreter.allocate_tensors()
        self._output = self._interpreter.get_output_details()[0]["index"]
        self.size_px = size_px

    def hair(self, crop: Picture) -> NDArray[np.float32]:
        """Probability of hair (s, s) in a (s, s, 3) uint8 BGR crop."""
        planes = np.zeros((1, self.size_px, self.size_px, 4), np.float32)
        planes[0, :, :, :3] = crop[:, :, ::-1] / np.float32(255)
        self._interpreter.set_tensor(self._input, planes)
        self._interpreter.invoke()
        logits = self._interpreter.get_tensor(self._output)[0]
        share: NDArray[np.float32] = 1 / (1 + np.exp(logits[..., 0] - logits[..., 1]))
        return share
