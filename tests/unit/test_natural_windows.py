"""The parts of a patch in which there is hair."""

import numpy as np
import pytest

from processing.local.natural.windows import GAP_PX, windows


def test_every_pixel_of_hair_is_in_exactly_one_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """A ring, a lock and a single pixel are covered once, and the hole in the ring is left out."""
    monkeypatch.setattr("processing.local.natural.windows.ROWS", 40)
    monkeypatch.setattr("processing.local.natural.windows.GAP_PX", 40 * 48)
    rows, columns = np.indices((300, 400))
    reach = np.hypot(columns - 150, rows - 140)
    alpha = (((reach > 100) & (reach < 130)) * 200).astype(np.uint8)
    alpha[200:280, 330:350] = 255
    alpha[299, 399] = 1
    seen = np.zeros_like(alpha)
    for window in windows(alpha):
        seen[window] += 1
    assert (seen[alpha > 0] == 1).all()
    assert seen.max() == 1
    assert seen[140, 150] == 0


def test_small_gaps_are_not_worth_a_window() -> None:
    """Two locks close together share one window."""
    alpha = np.zeros((10, 6000), np.uint8)
    alpha[:, [20, 20 + GAP_PX // 10]] = 255
    assert len(list(windows(alpha))) == 1
    alpha[:, 5000] = 255
    assert len(list(windows(alpha))) == 2


def test_no_hair_no_window() -> None:
    """An empty matte has none."""
    assert not list(windows(np.zeros((100, 100), np.uint8)))
