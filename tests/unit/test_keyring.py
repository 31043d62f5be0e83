"""Keys: found by their ids, shown to nobody."""

import base64

import pytest

from storage.errors import KeysUnusable
from storage.keyring import ID_BYTES, KEY_BYTES, Key, Keyring

OLD, NEW = b"o" * 32, b"n" * 32


def text(*secrets: bytes, between: str = ",") -> str:
    return between.join(base64.b64encode(secret).decode() for secret in secrets)


@pytest.mark.parametrize("between", [",", ", ", "\n", "\r\n"])
def test_the_first_key_is_the_current_one(between: str) -> None:
    """All are found, whatever stands between them."""
    keyring = Keyring.of(text(NEW, OLD, between=between) + "\n")
    assert keyring.current.id == Key(NEW).id
    old = keyring.find(Key(OLD).id)
    assert old is not None
    assert old.derive(b"x", 16) == Key(OLD).derive(b"x", 16)
    assert keyring.find(b"unknown!") is None


@pytest.mark.parametrize(
    "wrong", ["", " ,\n", "no key", text(b"short"), text(NEW) + ",-", "é" * 44]
)
def test_what_is_no_key_is_refused(wrong: str) -> None:
    """Without telling what it was."""
    with pytest.raises(KeysUnusable) as caught:
        Keyring.of(wrong)
    assert not wrong.strip(" ,\n") or wrong not in str(caught.value)


def test_keys_are_for_one_purpose_each() -> None:
    """Another label, salt or secret gives another key; none of them is the secret."""
    derived = {
        Key(secret).derive(label, KEY_BYTES, salt)
        for secret in (OLD, NEW)
        for label in (b"a", b"b")
        for salt in (b"", b"s")
    }
    assert len(derived) == 8
    assert not derived & {OLD, NEW}
    keyring = Keyring([Key(NEW), Key(OLD)])
    assert keyring.derived(b"a", 32) == (Key(NEW).derive(b"a", 32), Key(OLD).derive(b"a", 32))


def test_keys_are_not_shown() -> None:
    """Neither they nor their ring, as logs and tracebacks show things."""
    keyring = Keyring([Key(NEW)])
    for shown in (repr(keyring.current), str(keyring), f"{vars(keyring)}"):
        assert "nnn" not in shown
        assert base64.b64encode(NEW).decode() not in shown
    assert len(keyring.current.id) == ID_BYTES
    assert keyring.current.id.hex() in repr(keyring.current)
