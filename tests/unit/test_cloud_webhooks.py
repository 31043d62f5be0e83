"""What tells that a prediction is over, and is believed."""

import base64
import hashlib
import hmac
import time
from typing import Any, Final

import pytest

from server.cloud.webhooks import NotSigned, told_id

KEY: Final = b"a key of more than 24 bytes"
SECRET: Final = "whsec_" + base64.b64encode(KEY).decode()
BODY: Final = b'{"id": "p1", "status": "succeeded", "input": {"haircut": "B\xc3\xb6b"}}'


def headers(
    body: bytes = BODY, *, age_s: float = 0.0, key: bytes = KEY, version: str = "v1"
) -> dict[str, str]:
    """As documented: of the id, the moment and the body, with full stops in between."""
    moment = str(int(time.time() - age_s))
    signed = b".".join([b"msg_1", moment.encode(), body])
    signature = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return {
        "Webhook-Id": "msg_1",
        "Webhook-Timestamp": moment,
        "Webhook-Signature": f"{version},{signature}",
    }


def test_what_is_signed_is_believed() -> None:
    """Also within five minutes, and with a signature of an older secret, or another kind, beside
    it."""
    good = headers(age_s=290)
    assert told_id(SECRET, good, BODY) == "p1"
    others = [headers(key=b"another")["Webhook-Signature"], "v1a,AAAA"]
    good["Webhook-Signature"] = " ".join([*others, good["Webhook-Signature"]])
    assert told_id(SECRET, good, BODY) == "p1"


@pytest.mark.parametrize(
    ("signing", "odd"),
    [
        ({"key": b"another"}, {}),
        ({"age_s": 310}, {}),
        ({"age_s": -310}, {}),
        ({"body": BODY + b" "}, {}),
        ({"version": "v2"}, {}),
        *(({}, {"Webhook-Signature": odd}) for odd in ("", "v1", "v1,", "v1,\xe9", "v1,A,A")),
        *(({}, {"Webhook-Timestamp": odd}) for odd in ("", "soon", "nan", "inf", "1e99")),
        *(({}, {"Webhook-Id": odd}) for odd in ("", "msg_2", "msg_\udce9")),
    ],
    ids=repr,
)
def test_what_is_not_signed_is_not(signing: dict[str, Any], odd: dict[str, str]) -> None:
    """Whatever is wrong, or malformed."""
    with pytest.raises(NotSigned):
        told_id(SECRET, {**headers(**signing), **odd}, BODY)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"id": 1}', b'{"id": "../p1"}', b'{"status": "x"}', b"\xff"]
)
def test_what_names_no_prediction_is_nothing(body: bytes) -> None:
    """Though it is signed."""
    with pytest.raises(NotSigned):
        told_id(SECRET, headers(body), body)
