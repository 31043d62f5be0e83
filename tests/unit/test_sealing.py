"""The sealed form: what is opened is what was closed, or nothing is opened."""

import hmac
import os
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from storage.errors import FileDamaged
from storage.keyring import Key, Keyring
from storage.sealing import CHUNK_BYTES, HEADER_BYTES, MAX_CHUNK_BYTES, TAG_BYTES, Seal, Shape

SECRET = bytes(range(32))
KEYRING = Keyring([Key(SECRET)])
NAME = "result_1.mp4"
CHUNK = 64
SALT = b"s" * 32


def sealed(data: bytes, name: str = NAME, key: Key = KEYRING.current, salt: bytes = SALT) -> bytes:
    """The sealed form of a file, in small chunks."""
    seal = Seal(key, name, Shape(len(data), CHUNK), salt)
    chunks = range(seal.shape.chunks)
    parts = (seal.close(one, data[one * CHUNK : (one + 1) * CHUNK]) for one in chunks)
    return seal.header + b"".join(parts)


def opened(file: bytes, name: str = NAME, keyring: Keyring = KEYRING) -> bytes:
    """What is in a sealed file."""
    seal = Seal.of(keyring, name, file)
    return bytes(seal.open(range(seal.shape.chunks), file[HEADER_BYTES:]))


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 1000])
def test_what_was_closed_is_opened(size: int) -> None:
    """Files of all sizes, none included; their sealed size is known before."""
    data = os.urandom(size)
    file = sealed(data)
    assert len(file) == Shape(size, CHUNK).sealed_bytes
    assert opened(file) == data
    assert len(data) < 20 or data not in file


@given(st.integers(0, 1000), st.data())
def test_parts_are_in_their_chunks(size: int, draw: st.DataObject) -> None:
    """For any part the chunks that hold it are told, no more of them and no fewer."""
    shape = Shape(size, CHUNK)
    start = draw.draw(st.integers(0, max(0, size - 1)))
    stop = draw.draw(st.integers(start + 1, max(start + 1, size)))
    chunks = shape.chunks_of(start, stop)
    assert chunks.start * CHUNK <= start < (chunks.start + 1) * CHUNK
    assert (chunks.stop - 1) * CHUNK < stop <= chunks.stop * CHUNK
    assert shape.place(0) == HEADER_BYTES
    assert shape.place(shape.chunks) == shape.sealed_bytes == shape.place(shape.chunks + 5)


def test_any_changed_bit_is_seen() -> None:
    """Every bit of a file of three chunks, its header included."""
    file = sealed(os.urandom(2 * CHUNK + 5))
    for bit in range(8 * len(file)):
        changed = bytearray(file)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(FileDamaged):
            opened(bytes(changed))


def test_any_other_length_is_seen() -> None:
    """Cut off anywhere, at the ends of chunks too, or with more behind."""
    file = sealed(os.urandom(2 * CHUNK + 5))
    for size in range(len(file)):
        with pytest.raises(FileDamaged):
            opened(file[:size])
    for more in (b"\0", file[-21:], file[HEADER_BYTES : HEADER_BYTES + CHUNK + TAG_BYTES]):
        with pytest.raises(FileDamaged):
            opened(file + more)


def test_chunks_keep_their_places() -> None:
    """Two of them exchanged, one twice, or the last one as another."""
    step = CHUNK + TAG_BYTES
    file = sealed(os.urandom(4 * CHUNK))
    head, chunks = file[:HEADER_BYTES], [file[HEADER_BYTES + i * step :][:step] for i in range(4)]
    for order in ((1, 0, 2, 3), (0, 0, 2, 3), (0, 1, 3, 2), (0, 1, 2, 2), (3, 1, 2, 0)):
        with pytest.raises(FileDamaged, match="chunk"):
            opened(head + b"".join(chunks[one] for one in order))


def test_files_keep_their_names() -> None:
    """A file in another one's place cannot be opened, as a whole or in parts, nor under a key of
    the same id."""
    one, other = sealed(b"one"), sealed(b"two", "result_2.mp4", salt=b"t" * 32)
    with pytest.raises(FileDamaged, match="header"):
        opened(other)
    with pytest.raises(FileDamaged, match="chunk"):
        opened(one[:HEADER_BYTES] + other[HEADER_BYTES:])
    forged = Key(b"x" * 32)
    forged.id = KEYRING.current.id
    with pytest.raises(FileDamaged, match="header"):
        opened(one, keyring=Keyring([forged]))


def test_the_key_is_looked_for() -> None:
    """Files of earlier keys are opened; one of a key that is not there says which."""
    old, new = Key(b"o" * 32), Key(b"n" * 32)
    file = sealed(b"data", key=old)
    assert opened(file, keyring=Keyring([new, old])) == b"data"
    with pytest.raises(FileDamaged, match=f"key {old.id.hex()} is not known"):
        opened(file, keyring=Keyring([new]))


@pytest.mark.parametrize("chunk_bytes", [0, MAX_CHUNK_BYTES + 1, 2**32 - 1])
def test_senseless_chunks_are_refused(chunk_bytes: int) -> None:
    """Before anything is done with such a size."""
    file = bytearray(sealed(b"data"))
    file[16:20] = chunk_bytes.to_bytes(4, "big")
    with pytest.raises(FileDamaged):
        opened(bytes(file))


def test_no_two_files_are_sealed_alike() -> None:
    """The same content under the same name: nothing of it tells that it is the same."""
    first, second = (Seal.new(KEYRING.current, NAME, 4) for _ in range(2))
    assert first.etag != second.etag
    assert first.close(0, b"data") != second.close(0, b"data")
    assert first.shape.chunk_bytes == CHUNK_BYTES


def test_the_form_is_as_it_is_told() -> None:
    """Written down once more from the module's docstring: other programs may read our files."""
    data = b"a" * CHUNK + b"b"
    both = HKDF(SHA256(), 64, SALT, b"hair-tryon sealed file, version 1").derive(SECRET)
    key_id = HKDF(SHA256(), 8, b"", b"hair-tryon key id, version 1").derive(SECRET)
    fields = b"HTSEAL\0\1" + key_id + CHUNK.to_bytes(4, "big") + len(data).to_bytes(8, "big") + SALT
    tag = hmac.digest(both[32:], fields + NAME.encode(), sha256)
    cipher = AESGCM(both[:32])
    chunks = cipher.encrypt(bytes(12), b"a" * CHUNK, tag)
    chunks += cipher.encrypt(bytes(10) + b"\1\1", b"b", tag)
    assert sealed(data) == fields + tag + chunks
