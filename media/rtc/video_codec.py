"""The video codecs that are spoken, in the order of preference."""

from enum import StrEnum

CLOCK_HZ = 90_000
"""Video's timestamps count at this rate in RTP (RFC 3551)."""


class VideoCodec(StrEnum):
    """Named as in SDP. H.264 first: phones encode and decode it in hardware."""

    H264 = "H264"
    VP8 = "VP8"
