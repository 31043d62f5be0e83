"""Whether a packet begins a picture that needs no other. Pure; see RFC 7741 and RFC 6184."""

from collections.abc import Iterator

from media.rtc.video_codec import VideoCodec

_VP8_EXTENDED, _VP8_START, _VP8_PARTITION = 0x80, 0x10, 0x0F
_VP8_LONG_ID, _VP8_HAS_ID, _VP8_HAS_LEVEL, _VP8_HAS_LAYER_OR_KEY = 0x80, 0x80, 0x40, 0x30
_VP8_IS_INTER = 0x01
_NAL_KIND, _NAL_IDR, _NAL_SPS, _NAL_STAP_A, _NAL_FU_A = 0x1F, 5, 7, 24, 28
_FU_START = 0x80
_NAL_START, _NAL_SLICES = b"\0\0\1", (1, _NAL_IDR)
_LENGTH_BYTES = 2
"""Of each unit in an aggregate."""


def begins_key_frame(codec: VideoCodec, payload: bytes) -> bool:
    """Whether a key frame begins with this RTP payload; for what is cut short: no."""
    return _begins_vp8(payload) if codec is VideoCodec.VP8 else _begins_h264(payload)


def is_key_frame(codec: VideoCodec, data: bytes) -> bool:
    """Whether a whole encoded frame needs no other."""
    if codec is VideoCodec.VP8:
        return bool(data) and not data[0] & _VP8_IS_INTER
    start = data.find(_NAL_START)
    while 0 <= start < len(data) - len(_NAL_START):
        kind = data[start + len(_NAL_START)] & _NAL_KIND
        if kind in _NAL_SLICES:
            return kind == _NAL_IDR
        start = data.find(_NAL_START, start + len(_NAL_START))
    return False


def _begins_vp8(payload: bytes) -> bool:
    if not payload or not payload[0] & _VP8_START or payload[0] & _VP8_PARTITION:
        return False
    start = _vp8_descriptor_bytes(payload)
    return len(payload) > start and not payload[start] & _VP8_IS_INTER


def _vp8_descriptor_bytes(payload: bytes) -> int:
    """How long the payload descriptor is."""
    if not payload[0] & _VP8_EXTENDED or len(payload) < len("XI"):
        return 1
    extension, length = payload[1], 2
    if extension & _VP8_HAS_ID:
        is_long = len(payload) > length and payload[length] & _VP8_LONG_ID
        length += 2 if is_long else 1
    return length + bool(extension & _VP8_HAS_LEVEL) + bool(extension & _VP8_HAS_LAYER_OR_KEY)


def _units(aggregate: bytes) -> Iterator[int]:
    """The kinds of an aggregate's units."""
    at = 1
    while at + _LENGTH_BYTES < len(aggregate):
        yield aggregate[at + _LENGTH_BYTES] & _NAL_KIND
        at += _LENGTH_BYTES + int.from_bytes(aggregate[at : at + _LENGTH_BYTES])


def _begins_h264(payload: bytes) -> bool:
    """Encoders send the parameter sets before each key frame; some send them once only."""
    if not payload:
        return False
    kind, first = payload[0] & _NAL_KIND, 0
    if kind == _NAL_STAP_A:
        return any(unit in (_NAL_SPS, _NAL_IDR) for unit in _units(payload))
    if kind == _NAL_FU_A:
        if len(payload) < len("FH") or not payload[1] & _FU_START:
            return False
        first = 1
    return len(payload) > first and payload[first] & _NAL_KIND in (_NAL_SPS, _NAL_IDR)
