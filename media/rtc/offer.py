"""What a client offers: read, checked, and refused with a reason. Pure."""

import re
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
MAX_LINES = {"": 1200, "a=rtpmap:": 128, "a=rtcp-fb:": 512, "a=ssrc": 64, "a=candidate:": 64}
"""Parsing takes the product of some of these. A browser writes a tenth of them."""
_UFRAG, _PWD = re.compile(r"[A-Za-z0-9+/]{4,256}"), re.compile(r"[A-Za-z0-9+/]{22,256}")
"""RFC 8839. Each check that we send to a candidate carries the first."""
_KINDS = ("audio", "video", "application")
_MALFORMED = (LookupError, ValueError, AssertionError, AttributeError, TypeError, StopIteration)
"""aiortc's parser raises whatever a malformed line happens to cause."""
_H264_PROFILES = (H264Profile.PROFILE_BASELINE, H264Profile.PROFILE_CONSTRAINED_BASELINE)
_H264_UNSAID = "42E01F"
"""What an offer without a profile means, for older browsers."""


class OfferRejected(ValueError):
    """The offer cannot be answered; the text says why."""


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer that can be answered.

    Of its first section with video: ``sends`` and ``receives`` say what the client does, ``codecs``
    what it speaks of what we do, ours first.
    """

    sdp: str
    codecs: tuple[VideoCodec, ...]
    sends: bool
    receives: bool
    ufrag: str

    @property
    def codec(self) -> VideoCodec:
        """The one that we would rather speak."""
        return self.codecs[0]

    @property
    def our_direction(self) -> str:
        """What we do, in the words of SDP."""
        if self.sends and self.receives:
            return "sendrecv"
        return "recvonly" if self.sends else "sendonly"


def read_offer(text: str) -> Offer:
    """Check the offer of a call: video is sent, and perhaps received. Raises OfferRejected."""
    offer = _read(text)
    if not offer.sends:
        raise OfferRejected("the first video section must be sent: sendrecv or sendonly")
    return offer


def read_watch_offer(text: str, codec: VideoCodec) -> Offer:
    """Check the offer of a viewer: video in this codec is received. Raises OfferRejected."""
    offer = _read(text)
    if offer.sends or not offer.receives:
        raise OfferRejected("the first video section must be received only: recvonly")
    if codec not in offer.codecs:
        raise OfferRejected(f"what is watched is {codec}, which is not offered")
    return offer


def _read(text: str) -> Offer:
    if len(text) > MAX_BYTES:
        raise OfferRejected(f"an offer of more than {MAX_BYTES} bytes")
    _count_lines(text)
    description = _parsed(text)
    _check_names(description)
    video = _first_video(description)
    if video.ice is None:
        raise OfferRejected("no ICE credentials (a=ice-ufrag, a=ice-pwd)")
    check_credentials(video.ice.usernameFragment or "", video.ice.password or "")
    if any(one.dtls is None or not one.dtls.fingerprints for one in description.media):
        raise OfferRejected("no DTLS fingerprint (a=fingerprint) for one of the sections")
    if not video.rtcp_mux:
        raise OfferRejected("RTP and RTCP on different ports (a=rtcp-mux is needed)")
    return Offer(
        sdp=text,
        codecs=_codecs_of(video),
        sends=video.direction in ("sendrecv", "sendonly") and bool(video.port),
        receives=video.direction in ("sendrecv", "recvonly") and bool(video.port),
        ufrag=video.ice.usernameFragment or "",
    )


def check_credentials(ufrag: str, pwd: str) -> None:
    """Whether these can be a client's ICE credentials. Raises OfferRejected."""
    if not _UFRAG.fullmatch(ufrag) or not _PWD.fullmatch(pwd):
        raise OfferRejected("no ICE credentials (a=ice-ufrag, a=ice-pwd), or not of their form")


def _count_lines(text: str) -> None:
    lines = text.splitlines()
    for start, most in MAX_LINES.items():
        count = sum(line.startswith(start) for line in lines)
        if count > most:
            raise OfferRejected(f"{count} lines {start or 'in all'}; at most {most}")
    sections = sum(line.startswith("m=") for line in lines)
    if sections > MAX_SECTIONS:
        raise OfferRejected(f"{sections} media sections; at most {MAX_SECTIONS}")


def _parsed(text: str) -> SessionDescription:
    if not text.lstrip().startswith("v=0"):
        raise OfferRejected("no session description: it begins with v=0")
    try:
        description = SessionDescription.parse(text)
    except _MALFORMED as error:
        raise OfferRejected("a session description that cannot be read") from error
    if not description.media:
        raise OfferRejected("no media section")
    return description


def _check_names(description: SessionDescription) -> None:
    """aiortc finds sections by their names, and the transport of all by the first name of a group;
    where it finds none it fails halfway, and then it cannot even hang up."""
    names = [section.rtp.muxId for section in description.media]
    if len(set(names)) < len(names):
        raise OfferRejected("sections without an a=mid of their own")
    known = {one.rtp.muxId for one in description.media if one.kind in _KINDS}
    groups = [group.items for group in description.group if group.semantic == "BUNDLE"]
    if any(str(items[0]) not in known for items in groups if items):
        raise OfferRejected("a group (a=group:BUNDLE) of sections that are not there")


def _first_video(description: SessionDescription) -> MediaDescription:
    """The first section with video; aiortc answers it with the transceiver that is made first."""
    video = next((section for section in description.media if section.kind == "video"), None)
    if video is None:
        raise OfferRejected("no video section")
    if not video.rtp.muxId:
        raise OfferRejected("a video section without a=mid")
    return video


def _codecs_of(video: MediaDescription) -> tuple[VideoCodec, ...]:
    spoken = tuple(
        codec
        for codec in VideoCodec
        if any(_is_spoken(codec, one.name, one.parameters) for one in video.rtp.codecs)
    )
    if not spoken:
        raise OfferRejected("no codec that is spoken here: H264 (packetization-mode=1) or VP8")
    return spoken


def _is_spoken(codec: VideoCodec, name: str, parameters: Mapping[str, object]) -> bool:
    if name.upper() != codec or codec is VideoCodec.VP8:
        return name.upper() == codec
    level_id = str(parameters.get("profile-level-id", _H264_UNSAID))
    try:
        profile, _ = parse_h264_profile_level_id(level_id)
    except ValueError:
        return False
    return profile in _H264_PROFILES and str(parameters.get("packetization-mode", "0")) == "1"
