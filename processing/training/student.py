"""A network that was trained before, as one more voice in the next one's labels."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from media.frame import Picture
from processing.local.natural.planes import resized
from processing.local.natural.runtime import open_session

SIZE_PX = 256


class Student:
    """A hair network in an ONNX file, as `export` writes it."""

    size_px = SIZE_PX

    def __init__(self, model: Path) -> None:
        self._session = open_session(str(model.resolve()))

    def hair(self, crop: Picture) -> NDArray[np.float32]:
        """Probability of hair (s, s) in a (s, s, 3) uint8 BGR crop; the network answers at half
        of that."""
        hair, _ = self._session.run(None, {"picture": np.ascontiguousarray(crop)[None]})
        return resized(hair, (self.size_px, self.size_px))
