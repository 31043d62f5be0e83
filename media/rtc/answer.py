"""What is answered to an offer, where aiortc's own answer leaves something to be said. Pure."""

import re
from collections.abc import Sequence

from media.rtc.video_codec import VideoCodec

START_KBPS, MOST_KBPS = 1500, 4000
"""What Chromium sends from the first second on; by itself it begins with 300 kb/s."""

_ADDRESS = 4
"""The place of the address in a candidate's line (RFC 8839)."""


def with_start_bitrate(sdp: str, codec: VideoCodec) -> str:
    """Ask senders that know of it (all of libwebrtc) to begin with a good picture."""
    found = re.search(rf"^a=rtpmap:(\d+) {codec}/90000\r?$", sdp, re.MULTILINE | re.IGNORECASE)
    if found is None:
        return sdp
    payload_type = found.group(1)
    words = f"x-google-start-bitrate={START_KBPS};x-google-max-bitrate={MOST_KBPS}"
    line = re.compile(rf"^a=fmtp:{payload_type} [^\r\n]*", re.MULTILINE)
    if line.search(sdp):
        return line.sub(lambda match: f"{match.group(0)};{words}", sdp, count=1)
    added = f"{found.group(0).rstrip()}\r\na=fmtp:{payload_type} {words}\r"
    return sdp.replace(found.group(0), added, 1)


def with_addresses(sdp: str, advertised: Sequence[str]) -> str:
    """Offer these addresses in place of the machine's own, as behind a NAT that maps 1:1."""
    if not advertised:
        return sdp
    lines = list[str]()
    for line in sdp.splitlines(keepends=True):
        is_host = line.startswith("a=candidate:") and " typ host" in line
        lines += _moved(line, advertised) if is_host else [line]
    return "".join(lines)


def _moved(candidate: str, advertised: Sequence[str]) -> list[str]:
    """The candidate at each of these addresses that is of its kind (IPv4 or IPv6)."""
    parts = candidate.split(" ")
    is_v6 = ":" in parts[_ADDRESS]
    alike = [address for address in advertised if (":" in address) is is_v6]
    return [" ".join([*parts[:_ADDRESS], one, *parts[_ADDRESS + 1 :]]) for one in alike]
