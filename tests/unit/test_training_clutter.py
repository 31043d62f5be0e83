"""Things that are no faces."""

import numpy as np

from processing.training.clutter import strewn


def test_things_are_strewn_but_not_over_faces() -> None:
    """Every seed changes the picture somewhere, and none of them the spared place."""
    picture = np.full((120, 160, 3), 90, np.uint8)
    rows, columns = np.indices((120, 160))
    spared = np.hypot(columns - 80, rows - 60) < 20
    for seed in range(40):
        strewn_picture = strewn(picture, np.random.default_rng(seed), [(80, 60, 24)])
        changed = (strewn_picture != 90).any(axis=2)
        assert not changed[spared].any()
    assert (picture == 90).all()
    assert changed.any()
