"""Colours of films: which numbers mean which colour, on the way in and out.

A film says, or its size suggests, by which matrix (BT.601, BT.709) its luma and chroma were made.
It is read by the same one as it is written by, and says so. What was filmed for brighter screens
than most (PQ, HLG) is brought down to ordinary ones.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from numpy.typing import NDArray

from media.frame import Picture

HIGH_DEFINITION_PX: Final = 720
"""Films of so many lines or more that do not name their matrix are taken to mean BT.709."""
_PQ, _HLG, _BT709, _UNSPECIFIED = 16, 18, 1, 2
EXACTLY: Final = (
    Interpolation.BILINEAR
    | Interpolation.ACCURATE_RND
    | Interpolation.FULL_CHR_H_INT
    | Interpolation.FULL_CHR_H_INP
)
"""There and back no pixel changes its luma; in the usual way all lose a level or two."""
_YUV420: Final = "yuv420p"

_TO_BT709: Final = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]],
    np.float32,
)
"""Linear red, green, blue of BT.2020 in BT.709's primaries (ITU-R BT.2087)."""
WHITE_NITS: Final = 203.0
"""Brightness of paper white in films for bright screens (ITU-R BT.2408)."""
_STEPS: Final = 4096


@dataclass(frozen=True, slots=True)
class Colours:
    """What a film's numbers mean."""

    matrix: int
    transfer: int

    @classmethod
    def of(cls, frame: VideoFrame) -> "Colours":
        """As its frames say, or as their size suggests."""
        matrix = int(frame.colorspace)
        if matrix in (0, _UNSPECIFIED):
            is_high = max(frame.height, 0) >= HIGH_DEFINITION_PX
            matrix = int(Colorspace.ITU709 if is_high else Colorspace.ITU601)
        return cls(matrix, int(frame.color_trc))

    @property
    def is_bright(self) -> bool:
        """Whether it was filmed for brighter screens than most."""
        return self.transfer in (_PQ, _HLG)

    @property
    def written_matrix(self) -> int:
        """The matrix of the film that is made of it."""
        return int(Colorspace.ITU709) if self.is_bright else self.matrix


class ColourReader:
    """Turns a film's frames into BGR pictures."""

    def __init__(self, colours: Colours) -> None:
        self._colours = colours
        self._reformatter = VideoReformatter()

    def picture(self, frame: VideoFrame) -> Picture:
        """A frame of any format as uint8 (height, width, 3)."""
        if not self._colours.is_bright:
            return np.ascontiguousarray(self._converted(frame, "bgr24").to_ndarray())
        deep = np.asarray(self._converted(frame, "rgb48le").to_ndarray(), np.uint16)
        return _darkened(deep, self._colours.transfer)

    def _converted(self, frame: VideoFrame, wanted: str) -> VideoFrame:
        return self._reformatter.reformat(
            frame,
            format=wanted,
            src_colorspace=self._colours.matrix,
            dst_colorspace=self._colours.matrix,
            src_color_range=frame.color_range or ColorRange.MPEG,
            dst_color_range=ColorRange.JPEG,
            interpolation=EXACTLY,
        )


class ColourWriter:
    """Turns BGR pictures into frames for the encoder."""

    def __init__(self, colours: Colours) -> None:
        self._matrix = colours.written_matrix
        self._reformatter = VideoReformatter()

    def declare(self, coder: VideoCodecContext) -> None:
        """Let the film say what its numbers mean."""
        coder.colorspace = self._matrix
        coder.color_range = ColorRange.MPEG
        if self._matrix == Colorspace.ITU709:
            coder.color_primaries = coder.color_trc = _BT709

    def frame(self, picture: Picture) -> VideoFrame:
        """An even-sized picture, uint8 (height, width, 3), in 4:2:0."""
        return self._reformatter.reformat(
            VideoFrame.from_ndarray(picture, format="bgr24"),
            format=_YUV420,
            src_colorspace=self._matrix,
            dst_colorspace=self._matrix,
            src_color_range=ColorRange.JPEG,
            dst_color_range=ColorRange.MPEG,
            interpolation=EXACTLY,
        )


def _darkened(deep: NDArray[np.uint16], transfer: int) -> Picture:
    """16-bit RGB of a bright film as 8-bit BGR for ordinary screens."""
    linear = _linear_table(transfer)[deep >> 4]
    ordinary = linear @ _TO_BT709.T
    shown = _shown_table()[np.clip(ordinary * (_STEPS - 1) / _PEAK, 0, _STEPS - 1).astype(np.int32)]
    return np.asarray(cv2.cvtColor(shown, cv2.COLOR_RGB2BGR), np.uint8)


_PEAK: Final = 1000.0 / WHITE_NITS
"""The brightest that is told apart, in paper whites."""


@lru_cache(maxsize=2)
def _linear_table(transfer: int) -> NDArray[np.float32]:
    """Light in paper whites by code value, 4096 steps."""
    code = np.linspace(0, 1, _STEPS)
    nits = _pq_nits(code) if transfer == _PQ else _hlg_nits(code)
    return np.minimum(nits / WHITE_NITS, _PEAK).astype(np.float32)


def _pq_nits(code: NDArray[np.float64]) -> NDArray[np.float64]:
    """SMPTE ST 2084."""
    root = code ** (32 / 2523)
    ratio = np.maximum(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)
    return np.asarray(10_000 * ratio ** (8192 / 1305))


def _hlg_nits(code: NDArray[np.float64]) -> NDArray[np.float64]:
    """ARIB STD-B67, on a screen of 1000 nits."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    light = np.minimum(code**2 / 3, 1 / 12) + np.maximum(np.exp((code - c) / a) + b - 1, 0) / 12
    return np.asarray(1000 * light**1.2)


@lru_cache(maxsize=1)
def _shown_table() -> NDArray[np.uint8]:
    """8-bit value by light: brighter than paper white is rolled off (Reinhard et al., 2002)."""
    light = np.linspace(0, _PEAK, _STEPS)
    rolled = light * (1 + light / _PEAK**2) / (1 + light)
    return np.rint(255 * rolled ** (1 / 2.2)).astype(np.uint8)
