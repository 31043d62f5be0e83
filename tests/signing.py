"""Signed requests as an enterprise's own server makes them, with none of the service's code."""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from typing import Final

SECRET: Final = "hts_the-secret-that-the-salon-and-we-here-share"
KEYS: Final = f"salon={SECRET}"
"""A setting with this one enterprise."""
BOUNDARY: Final = "a-boundary-of-these-tests"


def digest_of(body: bytes) -> str:
    """Its Content-Digest."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def signed(
    method: str,
    target: str,
    body: bytes = b"",
    *,
    key_id: str = "salon",
    secret: str = SECRET,
    now_s: float | None = None,
    nonce: str | None = None,
) -> dict[str, str]:
    """The headers of a request for this path and query. ``now_s`` is by the caller's clock."""
    timestamp = str(int(time.time() if now_s is None else now_s))
    nonce = nonce or secrets.token_urlsafe(16)
    digest = digest_of(body)
    lines = ["hair-tryon-v1", key_id, timestamp, nonce, method, target, digest]
    mac = hmac.new(secret.encode(), "\n".join(lines).encode(), hashlib.sha256)
    return {
        "X-Key-Id": key_id,
        "X-Timestamp": timestamp,
        "X-Nonce": nonce,
        "Content-Digest": digest,
        "X-Signature": f"v1={mac.hexdigest()}",
    }


def form_of(fields: Mapping[str, str], files: Mapping[str, bytes] = {}) -> bytes:
    """A form as ``FORM`` announces it; files are films."""
    parts = [
        *((f'name="{name}"', text.encode()) for name, text in fields.items()),
        *((f'name="{name}"; filename="me.mp4"\r\nContent-Type: video/mp4', data)
          for name, data in files.items()),
    ]  # fmt: skip
    head = f"--{BOUNDARY}\r\nContent-Disposition: form-data; "
    written = [f"{head}{said}\r\n\r\n".encode() + data + b"\r\n" for said, data in parts]
    return b"".join([*written, f"--{BOUNDARY}--\r\n".encode()])


FORM: Final = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
