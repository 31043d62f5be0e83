"""``run.py new-key``: what it prints can be put into the settings."""

import re

import pytest

import run
from server.doors.api_keys import digest_of
from server.settings import load_settings


def test_an_api_key_and_its_digest(capsys: pytest.CaptureFixture[str]) -> None:
    """The key is the enterprise's, the settings have its digest."""
    assert run.main(["new-key", "salon:north"]) == 0
    said = capsys.readouterr().out
    key, setting = re.search(r"alone: (\S+)\n", said), re.search(r"others: (\S+)\n", said)
    assert key
    assert setting
    users = load_settings([f"--api-keys={setting[1]}"]).api_key_users
    assert users == {digest_of(key[1]): "salon:north"}


def test_a_secret_for_signing(capsys: pytest.CaptureFixture[str]) -> None:
    """Both have the same."""
    assert run.main(["new-key", "salon:north", "--signing"]) == 0
    said = capsys.readouterr().out
    secret, setting = re.search(r"alone: (\S+)\n", said), re.search(r"others: (\S+)\n", said)
    assert secret
    assert setting
    secrets = load_settings([f"--signing-keys={setting[1]}"]).signing_secrets
    assert secrets == {"salon:north": (secret[1].encode(),)}


@pytest.mark.parametrize("more", [[], ["--signing"]])
@pytest.mark.parametrize("user_id", ["sal on", "--help"])
def test_it_needs_an_enterprise(
    capsys: pytest.CaptureFixture[str], user_id: str, more: list[str]
) -> None:
    """Whose id is one, and no flag: nobody gets a key who looks for help."""
    assert run.main(["new-key", user_id, *more]) == 2
    said = capsys.readouterr()
    assert said.err.startswith("run.py new-key USER_ID: an enterprise's id is 1 to 128 letters")
    assert said.out == ""
