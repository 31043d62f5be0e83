"""ICE servers for clients: credentials that coturn takes, for an hour."""

import base64
import hashlib
import hmac

from server.ice import IceServer, ice_servers, link_headers
from server.settings import Settings


def _settings(**values: object) -> Settings:
    return Settings(_env_file=None, **values)  # type: ignore[arg-type]


def test_without_settings_there_are_none() -> None:
    """The service works where clients reach it directly."""
    assert ice_servers(_settings(), "u1", 1000.0) == []


def test_turn_credentials_expire() -> None:
    """The name holds the time, the password its digest; the user's id is not in it."""
    settings = _settings(
        stun="stun:s.example:3478", turn="turn:t.example, turns:t.example", turn_secret="geheim"
    )
    stun, turn = ice_servers(settings, "anna@example.org", 1000.0)
    assert stun == IceServer(("stun:s.example:3478",))
    assert turn.urls == ("turn:t.example", "turns:t.example")
    assert turn.username is not None
    assert turn.username.startswith("4600:")
    assert "anna" not in turn.username
    digest = hmac.new(b"geheim", turn.username.encode(), hashlib.sha1).digest()
    assert turn.credential == base64.b64encode(digest).decode()


def test_link_headers() -> None:
    """One for each address, as WHIP has it."""
    servers = [IceServer(("stun:s",)), IceServer(("turn:a", "turn:b"), "name", "word")]
    first, second, third = link_headers(servers)
    assert first == '<stun:s>; rel="ice-server"'
    assert second == (
        '<turn:a>; rel="ice-server"; username="name"; credential="word"; credential-type="password"'
    )
    assert third.startswith("<turn:b>")
