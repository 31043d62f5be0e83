"""What kind of film a file is, by its first bytes, and what may go wrong with films."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

FilmKind: TypeAlias = Literal["mp4", "mov", "avi", "webm"]

HEAD_BYTES: Final = 4096
"""So much of a file tells its kind."""


class FilmError(ValueError):
    """A film that cannot be used; the text never contains any of its bytes."""


class EmptyFilm(FilmError):
    """No bytes at all."""


class UnknownFilm(FilmError):
    """Not one of the kinds that are taken, or another one than it is said to be."""


class BrokenFilm(FilmError):
    """It begins like a film, but is cut off or corrupt, or has no picture."""


class FilmTooLong(FilmError):
    """It lasts longer, or has more frames, than it may."""


class FilmTooLarge(FilmError):
    """Its pictures have more pixels than they may."""


@dataclass(frozen=True, slots=True)
class _Claim:
    """How a kind is written in names and headers."""

    suffix: str
    content_types: frozenset[str]
    words: str


_CLAIMS: Final[dict[FilmKind, _Claim]] = {
    "mp4": _Claim(".mp4", frozenset({"video/mp4", "application/mp4", "video/x-m4v"}), "an MP4"),
    "mov": _Claim(".mov", frozenset({"video/quicktime"}), "a QuickTime film (.mov)"),
    "avi": _Claim(
        ".avi", frozenset({"video/avi", "video/x-msvideo", "video/msvideo", "video/vnd.avi"}),
        "an AVI",
    ),
    "webm": _Claim(".webm", frozenset({"video/webm"}), "a WebM"),
}  # fmt: skip
_ANY_CONTENT_TYPE: Final = frozenset({"", "application/octet-stream"})
"""What programs send that do not know: the content decides."""

_MP4_BRANDS: Final = (b"isom", b"iso", b"mp4", b"avc", b"hvc", b"hev", b"av01", b"dash", b"M4V",
                      b"MSNV", b"3gp", b"3g2", b"mmp4", b"XAVC", b"f4v", b"cmf")  # fmt: skip
"""The beginnings of brands of films; pictures (heic, avif) and sound (M4A) have others."""
_QUICKTIME: Final = b"qt  "
_OLD_QUICKTIME: Final = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
"""With one of these a film begins that is older than brands."""
_EBML: Final = b"\x1a\x45\xdf\xa3"
_UNKNOWN_SIZE: Final = 0xFFFFFFFF
_DOC_TYPE: Final = b"\x42\x82"


def kind_of(head: bytes) -> FilmKind:
    """The kind of film that begins with these bytes (HEAD_BYTES of them, or all there are).

    Raises EmptyFilm, or UnknownFilm for anything else: pictures, sound, playlists, Matroska.
    """
    if not head:
        raise EmptyFilm("no bytes")
    if head[4:8] == b"ftyp":
        return _by_brand(head)
    if head[4:8] in _OLD_QUICKTIME:
        return "mov"
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "avi"
    if head[:4] == _EBML and _doc_type(head) == b"webm":
        return "webm"
    raise UnknownFilm("neither MP4, MOV, AVI nor WebM; try one of these")


def told_bytes(head: bytes) -> int:
    """How long an AVI says that it is; 0 where it was written in one go and does not know."""
    told = int.from_bytes(head[4:8], "little")
    return 0 if told == _UNKNOWN_SIZE else told + 8


def check_claims(kind: FilmKind, filename: str, content_type: str) -> None:
    """Whether a file's name and type say what it is. Raises UnknownFilm, with what it is."""
    claim = _CLAIMS[kind]
    if not filename.lower().endswith(claim.suffix):
        raise UnknownFilm(f"its name does not end in {claim.suffix}, but it is {claim.words}")
    bare = content_type.partition(";")[0].strip().lower()
    if bare not in claim.content_types | _ANY_CONTENT_TYPE:
        raise UnknownFilm(f"it is said to be another type, but it is {claim.words}")


def _by_brand(head: bytes) -> FilmKind:
    """By the major brand, and where that is unknown by those that it is compatible with."""
    size = min(int.from_bytes(head[:4], "big"), len(head))
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, size, 4))]
    if brands[0] == _QUICKTIME:
        return "mov"
    if any(brand.startswith(_MP4_BRANDS) for brand in brands):
        return "mp4"
    raise UnknownFilm("an MP4 of a kind that holds no film")


def _doc_type(head: bytes) -> bytes:
    """What an EBML file says that it is."""
    at = head.find(_DOC_TYPE)
    if at < 0 or at + 3 > len(head):
        return b""
    length = head[at + 2] & 0x7F
    return head[at + 3 : at + 3 + length].rstrip(b"\0")
