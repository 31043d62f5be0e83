"""The form in which files are kept: sealed, so that what is read is what was written, or an error.

A sealed file is a header and chunks. The header says how large the file is, and with which key and
which random salt it was sealed; its tag (HMAC-SHA256) covers all of that and the file's name. The
file's own keys are derived from the key and the salt. Each chunk is sealed by itself (AES-256-GCM),
so that a part can be read without the rest: the STREAM construction (Hoang, Reyhanitabar, Rogaway,
Vizar: Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance, 2015). A chunk's nonce
is its number and whether it is the last one, and the header's tag is associated with it: a chunk
that was changed, left out, moved, cut off, or taken from another file cannot be opened.

    magic, 8 bytes | key id, 8 | chunk size, 4 | file size, 8 | salt, 32 | tag, 32
    chunk 0 and its tag of 16 bytes | chunk 1 | ... | the last chunk, which may be shorter

AES-GCM alone would let one who knows two keys make a chunk that both of them open. The header's tag
commits to the key: it is an HMAC whose key is derived in the same step as the cipher's.
"""

import hmac
import os
import struct
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, TypeAlias

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from storage.errors import FileDamaged
from storage.keyring import Key, Keyring

CHUNK_BYTES: Final = 256 * 1024
"""Half the size takes a tenth more time, and so much is read for the least part of a file."""
MAX_CHUNK_BYTES: Final = 4 * 1024 * 1024
TAG_BYTES: Final = 16

_MAGIC: Final = b"HTSEAL\x00\x01"
_FIELDS: Final = struct.Struct(">8s8sIQ32s")
_SALT_BYTES: Final = 32
_DIGEST_BYTES: Final = 32
_LABEL: Final = b"hair-tryon sealed file, version 1"
_ETAG_BYTES: Final = 16

HEADER_BYTES: Final = _FIELDS.size + _DIGEST_BYTES

Data: TypeAlias = bytes | memoryview


@dataclass(frozen=True, slots=True)
class Shape:
    """A file of ``size_bytes`` in chunks of ``chunk_bytes``, of which there is at least one."""

    size_bytes: int
    chunk_bytes: int = CHUNK_BYTES

    @property
    def chunks(self) -> int:
        """How many chunks there are."""
        return max(1, -(-self.size_bytes // self.chunk_bytes))

    @property
    def sealed_bytes(self) -> int:
        """How large the file is when it is sealed."""
        return self.place(self.chunks)

    def place(self, chunk: int) -> int:
        """Where in the sealed file the chunk begins; behind the last one the file ends."""
        if chunk >= self.chunks:
            return HEADER_BYTES + self.size_bytes + self.chunks * TAG_BYTES
        return HEADER_BYTES + chunk * (self.chunk_bytes + TAG_BYTES)

    def chunks_of(self, start: int, stop: int) -> range:
        """The chunks that hold these bytes of the file; ``start`` is less than ``stop``."""
        return range(start // self.chunk_bytes, -(-stop // self.chunk_bytes))


class Seal:
    """What a file is sealed with. To be used from any thread."""

    def __init__(self, key: Key, name: str, shape: Shape, salt: bytes) -> None:
        """``name`` is the file's, which it cannot be opened without."""
        both = key.derive(_LABEL, 2 * 32, salt)
        fields = _FIELDS.pack(_MAGIC, key.id, shape.chunk_bytes, shape.size_bytes, salt)
        self._cipher = AESGCM(both[:32])
        self._tag = hmac.digest(both[32:], fields + name.encode(), sha256)
        self.shape = shape
        self.header = fields + self._tag
        self.etag = salt[:_ETAG_BYTES].hex()
        """Differs between any two files, also of the same name or content."""

    @classmethod
    def new(cls, key: Key, name: str, size_bytes: int) -> "Seal":
        """For a file that is to be written."""
        return cls(key, name, Shape(size_bytes), os.urandom(_SALT_BYTES))

    @classmethod
    def of(cls, keyring: Keyring, name: str, begin: bytes) -> "Seal":
        """Of a file that was written, which begins so. Raises FileDamaged."""
        header = begin[:HEADER_BYTES]
        if len(header) < HEADER_BYTES or not header.startswith(_MAGIC):
            raise FileDamaged("header")
        _, key_id, chunk_bytes, size_bytes, salt = _FIELDS.unpack_from(header)
        key = keyring.find(key_id)
        if key is None:
            raise FileDamaged(f"key {key_id.hex()} is not known")
        if not 0 < chunk_bytes <= MAX_CHUNK_BYTES:
            raise FileDamaged("header")
        seal = cls(key, name, Shape(size_bytes, chunk_bytes), salt)
        if not hmac.compare_digest(seal.header, header):
            raise FileDamaged("header")
        return seal

    def close(self, chunk: int, data: Data) -> bytes:
        """The chunk, sealed."""
        return self._cipher.encrypt(self._nonce(chunk), data, self._tag)

    def open(self, chunks: range, sealed: Data) -> memoryview:
        """What is in these chunks, which follow each other. Raises FileDamaged."""
        source, begin = memoryview(sealed), self.shape.place(chunks.start)
        if len(source) != self.shape.place(chunks.stop) - begin:
            raise FileDamaged("size")
        # Memory that is not set to zeros first.
        opened = np.empty(len(source) - len(chunks) * TAG_BYTES, np.uint8).data
        to = 0
        for chunk in chunks:
            at, end = (self.shape.place(one) - begin for one in (chunk, chunk + 1))
            size_bytes = end - at - TAG_BYTES
            try:
                self._cipher.decrypt_into(
                    self._nonce(chunk), source[at:end], self._tag, opened[to : to + size_bytes]
                )
            except InvalidTag:
                raise FileDamaged("chunk") from None
            to += size_bytes
        return opened

    def _nonce(self, chunk: int) -> bytes:
        """Never the same twice under a file's own key."""
        return chunk.to_bytes(11, "big") + bytes([chunk == self.shape.chunks - 1])
