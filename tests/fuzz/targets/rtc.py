"""Offers, candidates and packets of calls."""

from pathlib import Path
from typing import Any, Final

from hypothesis import strategies as st

from media.rtc.assembly import MAX_BYTES, MAX_FRAGMENTS
from media.rtc.candidates import checked, may_check
from media.rtc.fragment import read_fragment
from media.rtc.inlet import Inlet
from media.rtc.keyframes import is_key_frame
from media.rtc.offer import OfferRejected, read_offer, read_watch_offer
from media.rtc.video_codec import VideoCodec
from tests.fuzz.target import Target, changed, changed_text
from tests.offers import section, session

FIXTURES: Final = Path(__file__).parents[2] / "fixtures" / "offers"
VP8: Final = "a=rtpmap:96 VP8/90000"
OFFERS: Final = (
    session(section("video", "0", VP8)),
    session(section("video", "0", VP8), section("application", "1")),
    *(path.read_bytes().decode() for path in sorted(FIXTURES.glob("*.sdp"))),
)
WATCH_OFFER: Final = session(section("video", "0", VP8, direction="recvonly"))
CANDIDATE: Final = "candidate:1 1 udp 2130706431 192.0.2.1 50000 typ host"
FRAGMENT: Final = (
    "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\nm=video 9 UDP/TLS/RTP/SAVPF 0\r\n"
    f"a=mid:0\r\na={CANDIDATE}\r\na={CANDIDATE} raddr 10.0.0.1 rport 9 generation 0\r\n"
    "a=end-of-candidates\r\n"
)
WORDS: Final = (
    "m=video", "m=audio", "m=application", "m=", "a=mid:", "a=group:BUNDLE", "a=rtpmap:",
    "a=fmtp:", "a=ssrc:", "a=ssrc-group:FID", "a=candidate:", "a=extmap:", "a=rtcp-fb:", "a=rid:",
    "a=simulcast:", "a=ice-ufrag:", "a=ice-pwd:", "a=ice-options:", "a=fingerprint:", "a=setup:",
    "a=rtcp-mux", "a=sctp-port:", "a=sctpmap:", "a=max-message-size:", "a=msid-semantic:", "c=IN",
    "VP8/90000", "H264/90000", "profile-level-id=", "packetization-mode=", "sendrecv", "recvonly",
    "sendonly", "inactive", "typ", "srflx", "tcptype", "udp", "::1", "127.0.0.1", "x.local",
    "fe80::1%eth0", "sha-256", "actpass", "a=end-of-candidates", "apt=",
)  # fmt: skip
LISTEN: Final = ("192.0.2.9",)


def _read_offers(text: str) -> None:
    read_offer(text)
    checked(text, LISTEN)


def _read_fragment(text: str) -> None:
    for candidate in read_fragment(text).candidates:
        may_check(candidate, LISTEN)


PACKETS = st.tuples(
    st.integers(0, 20) | st.integers(65_500, 65_535) | st.integers(0, 65_535),
    st.integers(0, 3).map(lambda frame: frame * 3000) | st.integers(0, 2**32 - 1),
    st.booleans(),
    changed(b"\x10\0", b"\x90\x80\x85\5\0", b"\x67\x42", b"\x78\0\2\x09\x10\0\2\x67\x42",
            b"\x7c\x85\0") | st.binary(max_size=12),
)  # fmt: skip


def _take_packets(packets: Any) -> None:
    """What waits stays within its bounds."""
    codec, times = packets
    taken = list[Any]()
    clock = iter(range(10**9))
    inlet = Inlet(codec, lambda: next(clock) / 50, taken.append)
    for sequence, timestamp, is_last, payload in times:
        fragment = inlet.fragment(
            sequence, timestamp, is_last=is_last, payload=payload, data=payload[:40] * 30
        )
        inlet.add(fragment)
        inlet.asked()
        assert inlet._assembler._bytes <= MAX_BYTES
        assert len(inlet._assembler._waiting) <= MAX_FRAGMENTS
    for frame in taken:
        is_key_frame(codec, frame.data)


TARGETS: Final = (
    Target("offers", changed_text(*OFFERS, words=WORDS), _read_offers, (OfferRejected,)),
    Target(
        "watch_offers",
        changed_text(WATCH_OFFER, words=WORDS),
        lambda text: read_watch_offer(text, VideoCodec.VP8),
        (OfferRejected,),
    ),
    Target("fragments", changed_text(FRAGMENT, words=WORDS), _read_fragment, (OfferRejected,)),
    Target(
        "packets",
        st.tuples(st.sampled_from(VideoCodec), st.lists(PACKETS, max_size=60)),
        _take_packets,
    ),
)
