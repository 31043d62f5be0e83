"""Contact sheets: pictures side by side, to be looked at."""

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from media.frame import Picture
from tests.bench.quality.arrays import Alpha, Mask

LABEL_PX = 14
GROUND = 30
WHITE = (255, 255, 255)
GREEN, RED, BLUE = (0, 255, 0), (40, 40, 255), (255, 140, 0)


def cell(picture: Picture, label: str, size_px: int) -> Picture:
    """The picture fitted into a square with a line of text below."""
    scale = size_px / max(picture.shape[:2])
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    fitted = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=way)
    fitted = fitted[:size_px, :size_px]
    framed = np.full((size_px + LABEL_PX, size_px, 3), GROUND, np.uint8)
    framed[: fitted.shape[0], : fitted.shape[1]] = fitted
    place = (2, size_px + LABEL_PX - 3)
    cv2.putText(framed, label, place, cv2.FONT_HERSHEY_SIMPLEX, 0.4, WHITE, 1, cv2.LINE_AA)
    return framed


def grid(cells: Sequence[Picture], columns: int) -> Picture:
    """Cells of one size in rows; what is missing in the last row is black."""
    lacking = -len(cells) % columns
    padded = [*cells, *[np.zeros_like(cells[0])] * lacking]
    rows = [np.hstack(padded[at : at + columns]) for at in range(0, len(padded), columns)]
    return np.vstack(rows)


def pages(cells: Sequence[Picture], columns: int, rows: int) -> Iterator[Picture]:
    """Several sheets of at most so many rows."""
    for at in range(0, len(cells), columns * rows):
        yield grid(cells[at : at + columns * rows], columns)


def outlined(picture: Picture, mask: Mask, color: tuple[int, int, int]) -> Picture:
    """The picture with the mask's outline drawn on it, one pixel wide."""
    drawn = picture.copy()
    found, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(drawn, found, -1, color, 1)
    return drawn


def grey(alpha: Alpha) -> Picture:
    """A matte as a picture."""
    return np.repeat(alpha[..., None], 3, axis=2)
