"""The keys that files are encrypted with, and what is derived from them."""

import base64
import binascii
import hmac
from collections.abc import Sequence
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from storage.errors import KeysUnusable

KEY_BYTES: Final = 32
ID_BYTES: Final = 8

_ID: Final = b"hair-tryon key id, version 1"
_PSEUDONYM: Final = b"hair-tryon pseudonym, version 1"


class Key:
    """A secret of 32 random bytes. It never leaves this object: what is derived from it does.

    ``id`` tells keys apart, and tells nothing of the secret.
    """

    __slots__ = ("_secret", "id")

    def __init__(self, secret: bytes) -> None:
        """Raises KeysUnusable for a secret of another size."""
        if len(secret) != KEY_BYTES:
            raise KeysUnusable(f"a key is no {KEY_BYTES} bytes in base64")
        self._secret = secret
        self.id = self.derive(_ID, ID_BYTES)

    def derive(self, label: bytes, size_bytes: int, salt: bytes = b"") -> bytes:
        """A key for one purpose, which the label names (HKDF-SHA256, RFC 5869)."""
        return HKDF(SHA256(), size_bytes, salt, label).derive(self._secret)

    def __repr__(self) -> str:
        return f"Key({self.id.hex()})"


class Keyring:
    """Keys: the first for what is written, all for what is read."""

    def __init__(self, keys: Sequence[Key]) -> None:
        """Raises KeysUnusable if there is none."""
        if not keys:
            raise KeysUnusable("there is none")
        self._keys = tuple(keys)

    @classmethod
    def of(cls, text: str) -> "Keyring":
        """The keys in base64, with commas or line ends between them.

        Raises KeysUnusable where there is something else, which is not told.
        """
        return cls([_decoded(part) for part in text.replace(",", " ").split()])

    @property
    def current(self) -> Key:
        """The key for what is written now."""
        return self._keys[0]

    def find(self, key_id: bytes) -> Key | None:
        """The key of that id, None if it is not here."""
        return next((key for key in self._keys if key.id == key_id), None)

    def derived(self, label: bytes, size_bytes: int) -> tuple[bytes, ...]:
        """As Key.derive, of each key: the first is the current one's."""
        return tuple(key.derive(label, size_bytes) for key in self._keys)

    def pseudonyms(self, user_id: str) -> tuple[str, ...]:
        """By which a user is known on whose data were erased, by each key: nobody finds out who it
        is who has none of them."""
        keys = self.derived(_PSEUDONYM, KEY_BYTES)
        return tuple(hmac.digest(key, user_id.encode(), "sha256").hex() for key in keys)


def _decoded(text: str) -> Key:
    try:
        return Key(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        raise KeysUnusable(f"a key is no {KEY_BYTES} bytes in base64") from None
