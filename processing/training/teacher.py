"""The network that is learned from: any TFLite network that takes (1, s, s, 4) float RGB 0 to 1
with a fourth plane of zeros and answers two logits, the second of which is hair (MediaPipe's
hair_segmenter, Apache-2.0)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import cv2
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from media.frame import Picture
from processing.training.faces import Face
from processing.training.views import average

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


def label_all(model: Path, pictures: Path, labels: Path) -> Iterator[Path]:
    """Label every picture listed in ``pictures/SOURCE/faces.json`` that has no label yet."""
    teacher = Teacher(model)
    for index in sorted(pictures.glob("*/faces.json")):
        folder = labels / index.parent.name
        folder.mkdir(parents=True, exist_ok=True)
        for file, entry in sorted(json.loads(index.read_text()).items()):
            out = folder / f"{Path(file).stem}.png"
            if out.exists() or not entry["faces"]:
                continue
            face = Face.parse_all(entry["faces"])[0]
            picture = cast("Picture", cv2.imread(str(index.parent / file)))
            fresh = out.with_suffix(".new.png")
            cv2.imwrite(str(fresh), cv2.merge(average(teacher, picture, face)))
            yield fresh.replace(out)
