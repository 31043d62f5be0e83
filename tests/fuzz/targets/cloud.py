"""What comes from the cloud by itself."""

from datetime import UTC, datetime
from typing import Final

from hypothesis import strategies as st

from server.cloud.webhooks import NotSigned, told_id
from tests.fuzz.target import Target, changed, changed_text
from tests.replicate.webhooks import signed

SECRET: Final = "whsec_" + "A" * 32
BODY: Final = b'{"id": "p1", "status": "succeeded", "output": ["https://replicate.delivery/x"]}'
HEADERS: Final = signed(SECRET, "msg_1", datetime.now(UTC), BODY)


def _resigned(body: bytes) -> tuple[dict[str, str], bytes]:
    """As somebody who has the secret may send it."""
    text = body.decode(errors="replace").encode()
    return signed(SECRET, "msg_1", datetime.now(UTC), text), text


def _webhook(sent: tuple[dict[str, str], bytes]) -> None:
    told_id(SECRET, *sent)


_BODIES: Final = changed(BODY, words=(b'"id"', b"[", b"{", b"\xff", b"null"))
_ODD: Final = {name: changed_text(value, words=(",", " ", "v1", "=", "nan", "\xe9", "9" * 20))
               for name, value in HEADERS.items()}  # fmt: skip

TARGETS: Final = (
    Target(
        "webhooks",
        st.tuples(st.fixed_dictionaries({}, optional=_ODD), _BODIES) | _BODIES.map(_resigned),
        _webhook,
        (NotSigned,),
    ),
)
