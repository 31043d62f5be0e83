"""More hair, or less, around the same face."""

import numpy as np

from processing.training.faces import Face, FaceAxes
from processing.training.scene import Scene
from processing.training.volume import fluff

MARKS = ((46.0, 46.0), (66.0, 46.0), (56.0, 56.0), (48.0, 66.0), (64.0, 66.0))
FACE = Face(56.0, 56.0, 36.0, 50.0, MARKS)


def scene() -> Scene:
    """A cap of hair above a face, in a crop of 112 px whose red tells hair."""
    rows, columns = np.indices((112, 112))
    reach = np.hypot((columns - 56) / 20, (rows - 54) / 25)
    hair = (((reach > 1) & (reach < 1.5) & (rows < 60)) * 255).astype(np.uint8)
    picture = np.dstack([np.zeros_like(hair), np.zeros_like(hair), hair])
    full = np.full_like(hair, 255)
    return Scene(picture, hair, full, full, FaceAxes.of(FACE))


def test_hair_and_its_label_move_together() -> None:
    """Whatever is drawn, label and picture agree, and the face stays as it was."""
    before = scene()
    sizes = set()
    for seed in range(12):
        after = fluff(before, np.random.default_rng(seed))
        assert np.abs(after.picture[:, :, 2].astype(int) - after.hair).max() <= 1
        assert np.array_equal(after.hair[45:65, 46:66], before.hair[45:65, 46:66])
        sizes.add(int((after.hair > 127).sum()))
    original = int((before.hair > 127).sum())
    assert min(sizes) < original < max(sizes)
