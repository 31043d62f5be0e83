"""SDP offers for tests, put together from sections."""

_FINGERPRINT = ":".join(["AB"] * 32)


def session(*sections: str) -> str:
    """A whole description."""
    return "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n" + "".join(sections)


def section(
    kind: str,
    mid: str,
    *lines: str,
    direction: str = "sendrecv",
    ice: bool = True,
    dtls: bool = True,
) -> str:
    """One media section; ``lines`` are its codecs."""
    types = [line.split(":")[1].split(" ")[0] for line in lines]
    profile = "UDP/DTLS/SCTP" if kind == "application" else "UDP/TLS/RTP/SAVPF"
    formats = "webrtc-datachannel" if kind == "application" else " ".join(types)
    head = f"m={kind} 9 {profile} {formats}\r\nc=IN IP4 0.0.0.0\r\na=mid:{mid}\r\na={direction}\r\n"
    if ice:
        head += "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"
    if dtls:
        head += f"a=fingerprint:sha-256 {_FINGERPRINT}\r\na=setup:actpass\r\n"
    if kind != "application":
        head += "a=rtcp-mux\r\n"
    else:
        head += "a=sctp-port:5000\r\n"
    return head + "".join(f"{line}\r\n" for line in lines)
