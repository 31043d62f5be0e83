"""Offers, answers and fragments: what is taken, what is refused, and what is added. Pure."""

from types import SimpleNamespace

import pytest

from media.rtc.answer import with_addresses, with_start_bitrate
from media.rtc.figures import link_figures
from media.rtc.fragment import read_fragment
from media.rtc.offer import OfferRejected, read_offer, read_watch_offer
from media.rtc.video_codec import VideoCodec
from tests.offers import section, session

VP8 = "a=rtpmap:96 VP8/90000"
OPUS = "a=rtpmap:97 opus/48000/2"
BUNDLED = session(section("video", "0", VP8)).replace("t=0 0", "t=0 0\r\na=group:BUNDLE 0")
H264 = "a=rtpmap:102 H264/90000\r\na=fmtp:102 packetization-mode=1;profile-level-id=42e01f"


def test_a_browsers_offer() -> None:
    """Video both ways and a data channel."""
    offer = read_offer(session(section("video", "0", VP8), section("application", "1")))
    assert (offer.codec, offer.our_direction, offer.ufrag) == (VideoCodec.VP8, "sendrecv", "abcd")
    assert read_offer(BUNDLED).codec is VideoCodec.VP8


def test_send_only_gets_nothing_back() -> None:
    """WHIP."""
    offer = read_offer(session(section("video", "0", VP8, direction="sendonly")))
    assert not offer.receives
    assert offer.our_direction == "recvonly"


def test_h264_goes_before_vp8() -> None:
    """Phones have hardware for it; the order in the offer does not matter."""
    assert read_offer(session(section("video", "0", VP8, H264))).codecs == (
        VideoCodec.H264,
        VideoCodec.VP8,
    )


@pytest.mark.parametrize(
    "line",
    [
        "a=rtpmap:102 H264/90000\r\na=fmtp:102 packetization-mode=1;profile-level-id=640c1f",
        "a=rtpmap:102 H264/90000\r\na=fmtp:102 packetization-mode=0;profile-level-id=42e01f",
        "a=rtpmap:102 H264/90000\r\na=fmtp:102 packetization-mode=1;profile-level-id=xyz",
    ],
)
def test_h264_that_is_not_spoken(line: str) -> None:
    """High profile, single packets, nonsense: VP8 it is."""
    assert read_offer(session(section("video", "0", VP8, line))).codec is VideoCodec.VP8


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no session description"),
        ("hello", "no session description"),
        ("v=0\r\nm=video", "cannot be read"),
        (session(section("video", "0", VP8)) + "a=fmtp:97 x=1\r\n", "cannot be read"),
        ("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n", "no media section"),
        (session(section("video", "0", VP8), section("audio", "0", OPUS)), "mid of their own"),
        (session(section("video", "", VP8), section("audio", "", OPUS)), "mid of their own"),
        (BUNDLED.replace("BUNDLE 0", "BUNDLE 1"), "sections that are not there"),
        (session(section("audio", "0", "a=rtpmap:96 opus/48000/2")), "no video section"),
        (session(section("video", "0", VP8, direction="recvonly")), "must be sent"),
        (session(section("video", "0", VP8, direction="inactive")), "must be sent"),
        (session(section("video", "0", "a=rtpmap:96 AV1/90000")), "no codec"),
        (session(section("video", "0", VP8, ice=False)), "ICE credentials"),
        (session(section("video", "0", VP8, dtls=False)), "DTLS fingerprint"),
        (session(section("video", "0", VP8), section("audio", "1", OPUS, dtls=False)), "DTLS"),
        (session(section("video", "0", VP8).replace("a=rtcp-mux", "a=x")), "rtcp-mux"),
        (session(*[section("video", str(n), VP8) for n in range(50)]), "50 media sections"),
        ("v=0" + 70_000 * "x", "more than 65536 bytes"),
        (session(section("video", "0", VP8)) + "a=rtcp-fb:* a\r\n" * 600, "600 lines a=rtcp-fb:"),
        (session(section("video", "0", VP8)) + "a=x\r\n" * 1300, "lines in all"),
        (session(section("video", "0", VP8)).replace("abcd", "a" * 300), "not of their form"),
    ],
)
def test_refused_offers(text: str, reason: str) -> None:
    """Each says what is wrong with it."""
    with pytest.raises(OfferRejected, match=reason):
        read_offer(text)


def test_a_viewers_offer() -> None:
    """WHEP: video is received, in the codec that there is."""
    text = session(section("video", "0", VP8, direction="recvonly"))
    offer = read_watch_offer(text, VideoCodec.VP8)
    assert offer.our_direction == "sendonly"
    with pytest.raises(OfferRejected, match="H264, which is not offered"):
        read_watch_offer(text, VideoCodec.H264)
    with pytest.raises(OfferRejected, match="recvonly"):
        read_watch_offer(session(section("video", "0", VP8)), VideoCodec.VP8)


def test_start_bitrate() -> None:
    """Added to the codec's line, or as a line of its own."""
    with_line = with_start_bitrate("a=rtpmap:102 H264/90000\r\na=fmtp:102 x=1\r\n", VideoCodec.H264)
    assert "a=fmtp:102 x=1;x-google-start-bitrate=1500" in with_line
    without = with_start_bitrate("a=rtpmap:96 VP8/90000\r\na=mid:0\r\n", VideoCodec.VP8)
    assert without.splitlines()[1].startswith("a=fmtp:96 x-google-start-bitrate=1500")
    assert without.splitlines()[2] == "a=mid:0"
    assert with_start_bitrate("a=mid:0\r\n", VideoCodec.VP8) == "a=mid:0\r\n"


def test_advertised_addresses() -> None:
    """In place of the machine's own; what other servers lent stays."""
    host = "a=candidate:1 1 udp 2130706431 10.0.0.5 5000 typ host\r\n"
    host6 = "a=candidate:3 1 udp 2130706431 fd00::5 5002 typ host\r\n"
    relay = "a=candidate:2 1 udp 1 192.0.2.1 5001 typ relay raddr 10.0.0.5 rport 5000\r\n"
    moved = with_addresses(host + relay + host6, ("198.51.100.7", "2001:db8::7"))
    assert moved.splitlines() == [
        host.replace("10.0.0.5", "198.51.100.7").strip(),
        relay.strip(),
        host6.replace("fd00::5", "2001:db8::7").strip(),
    ]
    assert with_addresses(host, ()) == host


CANDIDATE = "candidate:1 1 udp 2130706431 127.0.0.1 5000 typ host"
CREDENTIALS = "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"


def test_a_fragment() -> None:
    """Credentials, candidates, and whether they are all."""
    text = f"{CREDENTIALS}m=video 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na={CANDIDATE}\r\n"
    fragment = read_fragment(text)
    assert fragment.ufrag == "abcd"
    assert fragment.candidates == (CANDIDATE,)
    assert not fragment.is_last
    assert read_fragment(text + "a=end-of-candidates\r\n").is_last


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "without a=ice-ufrag"),
        (f"{CREDENTIALS}a=candidate:nonsense\r\n", "cannot be read"),
        (f"{CREDENTIALS}a={CANDIDATE} generation x\r\n", "cannot be read"),
        ("a=ice-ufrag:abcd\r\na=ice-pwd:short\r\n", "not of their form"),
        (CREDENTIALS + f"a={CANDIDATE}\r\n" * 65, "more than 64"),
        ("x" * 20_000, "more than 16384 bytes"),
    ],
)
def test_refused_fragments(text: str, reason: str) -> None:
    """Each says what is wrong with it."""
    with pytest.raises(OfferRejected, match=reason):
        read_fragment(text)


def test_link_figures() -> None:
    """RTCP's units become shares and milliseconds."""
    ours = SimpleNamespace(type="inbound-rtp", packetsReceived=90, packetsLost=10, jitter=900)
    theirs = SimpleNamespace(
        type="remote-inbound-rtp", fractionLost=64, jitter=450, roundTripTime=0.02
    )
    figures = link_figures([ours, theirs])
    assert (figures.lost_in, figures.jitter_in_ms) == (0.1, 10.0)
    assert (figures.lost_out, figures.jitter_out_ms) == (0.25, 5.0)
    assert figures.round_trip_ms == 20.0


def test_link_figures_before_anything_was_reported() -> None:
    """Nothing is lost yet, and the round trip is unknown."""
    figures = link_figures([])
    assert (figures.lost_in, figures.lost_out, figures.round_trip_ms) == (0.0, 0.0, None)
    ours = SimpleNamespace(type="inbound-rtp", packetsReceived=0, packetsLost=0, jitter=0)
    theirs = SimpleNamespace(
        type="remote-inbound-rtp", fractionLost=0, jitter=0, roundTripTime=None
    )
    assert link_figures([ours, theirs]).round_trip_ms is None
