"""Whether what came back can be the picture that was ordered."""

from typing import Final

from media.codec import PictureError, decode_photo
from media.frame import Picture
from processing.cloud.faults import CloudFault, FallbackReason, bad_output

MOST_PX: Final = 16_000_000
LEAST_SIDE_PX: Final = 64
LARGEST_STRETCH: Final = 1.1
"""Sides are rounded to multiples of 16 or to the nearest of a few shapes, and no further off."""
_SEEN_PX: Final = 256
"""So many pixels across show whether it is of one colour, in no time and memory."""
_BLANK: Final = 1.0
"""So little do pixels differ in a picture of one colour, given in the place of an indecent one."""


def develop(data: bytes, ratio: float) -> Picture:
    """Decode an output. Raises CloudFault for what is no picture, is blank, or has a width by
    height other than that."""
    try:
        picture = decode_photo(data, MOST_PX)
    except PictureError as error:
        raise bad_output(f"output: {type(error).__name__}") from None
    height_px, width_px = picture.shape[:2]
    is_as_wanted = is_about(width_px / (height_px * ratio))
    if min(width_px, height_px) < LEAST_SIDE_PX or not is_as_wanted:
        raise bad_output(f"output of {width_px} x {height_px} pixels")
    step = max(1, min(width_px, height_px) // _SEEN_PX)
    if float(picture[::step, ::step].std(axis=(0, 1)).max()) < _BLANK:
        raise CloudFault(FallbackReason.REFUSED, "output is blank")
    return picture


def is_about(stretch: float) -> bool:
    """Whether two pictures whose ratios of sides differ by this factor have the same shape."""
    return 1 / LARGEST_STRETCH <= stretch <= LARGEST_STRETCH
