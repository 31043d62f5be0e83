"""What is seen in a crop and in its mirror picture."""

import numpy as np

from media.frame import Picture
from processing.local.natural.model import Segmentation, mirrored


class Squints:
    """Takes what is bright for hair and for face, but sees nothing in the left half."""

    def segment(self, crop: Picture) -> Segmentation:
        """See Segmenter."""
        bright = (crop[::2, ::2, 0] > 127).astype(np.float32)
        bright[:, : bright.shape[1] // 2] = 0
        return Segmentation(bright, bright[::4, ::4].copy())


CROP = np.full((64, 64, 3), 255, np.uint8)


def test_mirrored_is_turned_back() -> None:
    """Where the network is blind, its mirror picture is not."""
    seen = mirrored(Squints(), CROP)
    assert seen.hair[:, :16].min() == 1
    assert seen.hair[:, 16:].max() == 0
    assert seen.face[:, :4].min() == 1
