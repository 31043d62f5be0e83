"""What a client offers: read, checked, and refused with a reason. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiortc.sdp import (
    H264Profile,
    MediaDescription,
    SessionDescription,
    parse_h264_profile_level_id,
)

from media.rtc.video_codec import VideoCodec

MAX_BYTES = 64 * 1024
MAX_SECTIONS = 8
"""A browser offers video, audio and data; each further section costs a socket while we answer."""
_SENDS = ("sendrecv", "sendonly")
_H264_PROFILES = (H264Profile.PROFILE_BASELINE, H264Profile.PROFILE_CONSTRAINED_BASELINE)
_H264_UNSAID = "42E01F"
"""What an offer without a profile means, for older browsers."""


class OfferRejected(ValueError):
    """The offer cannot be answered; the text says why."""


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer that can be answered.

    ``video_mid`` is the section whose picture is taken, ``returns`` whether it may be sent back
    there; ``codec`` is the one that will be spoken, ``controls`` whether there is a data channel.
    """

    sdp: str
    video_mid: str
    codec: VideoCodec
    returns: bool
    controls: bool
    ufrag: str


def read_offer(text: str) -> Offer:
    """Check an SDP offer. Raises OfferRejected."""
    if len(text) > MAX_BYTES:
        raise OfferRejected(f"an offer of more than {MAX_BYTES} bytes")
    description = _parsed(text)
    if len(description.media) > MAX_SECTIONS:
        raise OfferRejected(f"{len(description.media)} media sections; at most {MAX_SECTIONS}")
    video = _sent_video(description)
    if video.ice is None or not video.ice.usernameFragment or not video.ice.password:
        raise OfferRejected("no ICE credentials (a=ice-ufrag, a=ice-pwd)")
    if video.dtls is None or not video.dtls.fingerprints:
        raise OfferRejected("no DTLS fingerprint (a=fingerprint)")
    if not video.rtcp_mux:
        raise OfferRejected("RTP and RTCP on different ports (a=rtcp-mux is needed)")
    return Offer(
        sdp=text,
        video_mid=video.rtp.muxId,
        codec=_codec_of(video),
        returns=video.direction == "sendrecv",
        controls=any(section.kind == "application" for section in description.media),
        ufrag=video.ice.usernameFragment,
    )


def _parsed(text: str) -> SessionDescription:
    if not text.lstrip().startswith("v=0"):
        raise OfferRejected("no session description: it begins with v=0")
    try:
        description = SessionDescription.parse(text)
    # aiortc's parser raises whatever a malformed line happens to cause.
    except (ValueError, KeyError, IndexError, AssertionError, AttributeError, TypeError) as error:
        raise OfferRejected("a session description that cannot be read") from error
    if not description.media:
        raise OfferRejected("no media section")
    return description


def _sent_video(description: SessionDescription) -> MediaDescription:
    """The first section with video, which the client must send."""
    video = next((section for section in description.media if section.kind == "video"), None)
    if video is None:
        raise OfferRejected("no video section")
    if video.direction not in _SENDS or not video.port:
        raise OfferRejected("the first video section must be sent: sendrecv or sendonly")
    if not video.rtp.muxId:
        raise OfferRejected("a video section without a=mid")
    return video


def _codec_of(video: MediaDescription) -> VideoCodec:
    for codec in VideoCodec:
        if any(_is_spoken(codec, one.name, one.parameters) for one in video.rtp.codecs):
            return codec
    raise OfferRejected("no codec that is spoken here: H264 (packetization-mode=1) or VP8")


def _is_spoken(codec: VideoCodec, name: str, parameters: Mapping[str, object]) -> bool:
    if name.upper() != codec or codec is VideoCodec.VP8:
        return name.upper() == codec
    level_id = str(parameters.get("profile-level-id", _H264_UNSAID))
    try:
        profile, _ = parse_h264_profile_level_id(level_id)
    except ValueError:
        return False
    return profile in _H264_PROFILES and str(parameters.get("packetization-mode", "0")) == "1"
