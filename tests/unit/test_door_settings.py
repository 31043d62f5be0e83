"""Settings of who is let in: what has to go together, and what may not be forgotten."""

import pytest
from aiohttp.test_utils import make_mocked_request

from server.app import create_app
from server.commands import make_key
from server.doors.api_keys import digest_of
from server.doors.caller import ANYBODY
from server.doors.doorkeeper import Doorkeeper
from server.doors.refusals import NotLetIn
from server.doors.signing import new_secret
from server.doors.tickets import REMEMBERED_S, Tickets
from server.doors.uses import OwnUses
from server.settings import SettingsInvalid, load_settings
from storage.keyring import Key, Keyring
from tests.fakes import ManualClock

ISSUED = ["--jwt-issuer=https://auth.example", "--jwt-audience=hair"]
SECRET = "--jwt-secret=" + "s" * 32
KEYS = "--jwt-keys-url=https://auth.example/jwks"
DOORS = [[SECRET, *ISSUED], [KEYS, *ISSUED], ["--gateways=10.0.0.1"],
         [f"--api-keys=salon={digest_of('x')}"],
         [f"--signing-keys=salon={new_secret()}"]]  # fmt: skip


@pytest.fixture(autouse=True)
def _no_file(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.chdir(str(tmp_path))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "example.org"])
def test_open_doors_are_for_loopback(host: str) -> None:
    """Elsewhere somebody has to mean it, or callers are asked who they are. A worker lets nobody
    in, and is not asked for keys."""
    others = load_settings([f"--host={host}"])
    with pytest.raises(SettingsInvalid, match=rf"^wrong setting: host {host} lets others in"):
        create_app(others)
    meant = load_settings([f"--host={host}", "--insecure"])
    meant.check_doors()
    assert meant.is_open
    for door in DOORS:
        closed = load_settings([f"--host={host}", *door])
        closed.check_doors()
        assert not closed.is_open


@pytest.mark.parametrize("text", [",", " ", " , ,"])
@pytest.mark.parametrize("flag", ["signing-keys", "api-keys", "gateways", "proxies", "origins",
                                  "metrics-networks", "rtc-listen", "rtc-public", "stun",
                                  "turn"])  # fmt: skip
def test_a_list_lists_something(flag: str, text: str) -> None:
    """As when it is put together of variables that are not set: nobody would be asked who they are,
    or nobody let in."""
    with pytest.raises(SettingsInvalid, match=rf"--{flag}\): nothing is listed"):
        load_settings(["--host=0.0.0.0", f"--{flag}={text}"])


async def test_no_door_is_open_for_want_of_keys() -> None:
    """Nobody is let in where there is no way to find out who they are."""
    keyring, clock = Keyring([Key(b"k" * 32)]), ManualClock()
    tickets = Tickets(keyring, OwnUses(clock, REMEMBERED_S), clock)
    request = make_mocked_request("GET", "/")
    assert await Doorkeeper(tickets, is_open=True).caller(request) is ANYBODY
    with pytest.raises(NotLetIn):
        await Doorkeeper(tickets, is_open=False).caller(request)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_a_demo_needs_no_keys(host: str) -> None:
    """On the machine itself anybody is whoever they say they are."""
    demo = load_settings([f"--host={host}"])
    demo.check_doors()
    assert demo.is_open


@pytest.mark.parametrize("key", [SECRET, KEYS])
@pytest.mark.parametrize("given", [[], ISSUED[:1], ISSUED[1:]], ids=str)
def test_tokens_need_an_issuer_and_an_audience(key: str, given: list[str]) -> None:
    """A token of another issuer, or for another service, would be good here otherwise."""
    with pytest.raises(SettingsInvalid, match="tokens need jwt_issuer and jwt_audience"):
        load_settings([key, *given])


def test_tokens_are_checked_in_one_way() -> None:
    """A public key and a secret together invite confusion."""
    with pytest.raises(SettingsInvalid, match="only one of them"):
        load_settings([SECRET, KEYS, *ISSUED])


def test_what_is_listed_is_read() -> None:
    """Networks, keys and origins, with spaces around the commas."""
    digests = [digest_of("x"), digest_of("y")]
    settings = load_settings([
        "--gateways=10.1.0.0/16 , ::1", f"--api-keys=salon={digests[0]}, a@b={digests[1]}",
        "--origins=https://a.example , http://[::1]:3000",
    ])  # fmt: skip
    assert [str(one) for one in settings.gateway_networks] == ["10.1.0.0/16", "::1/128"]
    assert settings.api_key_users == {digests[0]: "salon", digests[1]: "a@b"}
    assert settings.allowed_origins == {"https://a.example", "http://[::1]:3000"}


def test_secrets_for_signing_are_read() -> None:
    """More than one of the same enterprise, while it changes them; and none of them shows."""
    one, two, three = (new_secret() for _ in range(3))
    settings = load_settings([f"--signing-keys=salon={one}, a@b|c={two} ,salon={three}"])
    assert settings.signing_secrets == {
        "salon": (one.encode(), three.encode()),
        "a@b|c": (two.encode(),),
    }
    assert not any(secret in repr(settings) for secret in (one, two, three))


@pytest.mark.parametrize("part", ["{}", "={}", "salon", "salon=x{}", "salon={}x", "sal on={}",
                                  "salon=hts_secret", "salon==hts_secret"])  # fmt: skip
def test_no_secret_is_repeated_in_an_error(part: str) -> None:
    """The setting is named, and not what was wrong in it."""
    secret = new_secret()
    with pytest.raises(SettingsInvalid, match="signing_keys") as error:
        load_settings([f"--signing-keys=salon={secret}, {part.format(secret)}"])
    assert "secret" not in str(error.value)
    assert secret not in str(error.value)


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("https://a.example:443", "https://a.example"),
        ("http://a.example:80", "http://a.example"),
        ("http://a.example:443", "http://a.example:443"),
        ("https://[::1]:443", "https://[::1]"),
        ("https://a.example:8443", "https://a.example:8443"),
    ],
)
def test_origins_are_written_as_browsers_write_them(given: str, sent: str) -> None:
    """Without the port that goes without saying."""
    assert load_settings([f"--origins={given}"]).allowed_origins == {sent}


@pytest.mark.parametrize(
    "given",
    ["a.example", "https://a.example/", "*", "https://a:port", "https://a:70000", "http://["],
)
def test_what_is_no_origin_is_refused(given: str) -> None:
    """An address with a path is none either."""
    with pytest.raises(SettingsInvalid, match="is no origin"):
        load_settings([f"--origins={given}"])


def test_a_key_of_any_user_is_taken() -> None:
    """What run.py new-key prints of it goes into the settings as it is."""
    who = "aZ09_.@:+|-"
    line = make_key(who).rpartition(" ")[2]
    assert set(load_settings([f"--api-keys={line}"]).api_key_users.values()) == {who}


def test_keys_on_this_machine_need_no_tls() -> None:
    """Nobody is on the way to it."""
    url = "http://127.0.0.1:3000/jwks"
    assert load_settings([f"--jwt-keys-url={url}", *ISSUED]).jwt_keys_url == url
