"""Further ICE candidates, or new credentials, as a client sends them after its offer (RFC 8840)."""

from dataclasses import dataclass

import aioice

from media.rtc.offer import OfferRejected, check_credentials

MAX_BYTES = 16 * 1024
MAX_CANDIDATES = 64


@dataclass(frozen=True, slots=True)
class IceFragment:
    """``ufrag`` and ``pwd`` are the client's credentials, others than the offer's ask for an ICE
    restart; ``candidates`` are without ``a=``; ``is_last`` says that no more will come."""

    ufrag: str
    pwd: str
    candidates: tuple[str, ...]
    is_last: bool


def read_fragment(text: str) -> IceFragment:
    """Read an SDP fragment. Raises OfferRejected."""
    if len(text) > MAX_BYTES:
        raise OfferRejected(f"a fragment of more than {MAX_BYTES} bytes")
    lines = [line.strip() for line in text.splitlines()]
    candidates = [line[2:] for line in lines if line.startswith("a=candidate:")]
    if len(candidates) > MAX_CANDIDATES:
        raise OfferRejected(f"more than {MAX_CANDIDATES} candidates")
    for candidate in candidates:
        _check(candidate)
    ufrag, pwd = _value(lines, "ice-ufrag"), _value(lines, "ice-pwd")
    if not ufrag or not pwd:
        raise OfferRejected("a fragment without a=ice-ufrag and a=ice-pwd")
    check_credentials(ufrag, pwd)
    return IceFragment(ufrag, pwd, tuple(candidates), "a=end-of-candidates" in lines)


def _value(lines: list[str], name: str) -> str:
    start = f"a={name}:"
    return next((line.removeprefix(start) for line in lines if line.startswith(start)), "")


def _check(candidate: str) -> None:
    try:
        aioice.Candidate.from_sdp(candidate.removeprefix("candidate:"))
    except (ValueError, IndexError, AssertionError) as error:
        raise OfferRejected("a candidate that cannot be read") from error
