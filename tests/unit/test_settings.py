"""Settings: from flags, environment and ``.env``, checked, and named when wrong."""

import importlib.util
import os
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from server.cloud_settings import WEBHOOK_PATH
from server.settings import Settings, SettingsInvalid, load_settings
from server.storage_settings import ENV_PREFIX
from tests.unit.test_described_models import MODELS

_ROOT = Path(__file__).parents[2]
_GOOD: dict[str, tuple[str, Any]] = {
    "host": ("0.0.0.0", "0.0.0.0"),
    "port": ("0", 0),
    "data_dir": ("elsewhere/data", Path("elsewhere/data")),
    "log_format": ("json", "json"),
    "log_level": ("warning", "warning"),
    "tls_cert": ("cert.pem", Path("cert.pem")),
    "tls_key": ("key.pem", Path("key.pem")),
    "workers": ("3", 3),
    "max_sessions": ("7", 7),
    "uploads_per_hour": ("1", 1),
    "calls_per_hour": ("1", 1),
    "connections_per_minute": ("1", 1),
    "max_user_sessions": ("1", 1),
    "proxies": ("10.0.0.0/8, fd00::1", "10.0.0.0/8, fd00::1"),
    "mailbox_frames": ("4", 4),
    "target_latency_ms": ("150.5", 150.5),
    "frames_per_minute": ("600", 600),
    "max_message_bytes": ("1024", 1024),
    "max_picture_px": ("1000000", 1_000_000),
    "max_frame_px": ("1000000", 1_000_000),
    "jpeg_quality": ("100", 100),
    "networks": ("clean", "clean"),
    "max_photo_bytes": ("1024", 1024),
    "max_photos": ("1", 1),
    "body_timeout_s": ("1.5", 1.5),
    "max_video_bytes": ("1024", 1024),
    "max_video_s": ("0.5", 0.5),
    "max_video_px": ("1", 1),
    "max_uploads": ("1", 1),
    "upload_timeout_s": ("1", 1.0),
    "clamd": ("tcp:clamav.internal:3310", "tcp:clamav.internal:3310"),
    "sampling_rate": ("1", 1.0),
    "job_places": ("3", 3),
    "max_jobs": ("1", 1),
    "max_user_jobs": ("1", 1),
    "max_queued_jobs": ("1", 1),
    "max_user_queued_jobs": ("1", 1),
    "job_lease_s": ("1.5", 1.5),
    "job_timeout_s": ("2", 2.0),
    "work_dir": ("/run/hair", Path("/run/hair")),
    "mongodb_uri": ("mongodb://a:b@m.example/x", SecretStr("mongodb://a:b@m.example/x")),
    "files_url": ("s3://bucket/some/path/", "s3://bucket/some/path"),
    "file_keys": (f"{'A' * 43}=, {'B' * 43}=", SecretStr(f"{'A' * 43}=, {'B' * 43}=")),
    "keep_uploads_s": ("60", 60.0),
    "keep_results_s": ("60", 60.0),
    "keep_photos_s": ("60", 60.0),
    "keep_sessions_s": ("60", 60.0),
    "sweep_interval_s": ("1", 1.0),
    "signed_url_s": ("60", 60.0),
    "jwt_secret": ("s" * 32, SecretStr("s" * 32)),
    "jwt_keys_url": ("https://auth.example/jwks", "https://auth.example/jwks"),
    "jwt_issuer": ("https://auth.example", "https://auth.example"),
    "jwt_audience": ("hair", "hair"),
    "jwt_leeway_s": ("0", 0.0),
    "jwt_admin_scope": ("admin", "admin"),
    "gateways": ("10.1.0.0/16, ::1", "10.1.0.0/16, ::1"),
    "gateway_user_header": ("X-Who", "X-Who"),
    "api_keys": (f"salon={'0a' * 32}", f"salon={'0a' * 32}"),
    "insecure": ("true", True),
    "signing_keys": (f"salon=hts_{'A' * 43}", SecretStr(f"salon=hts_{'A' * 43}")),
    "sign_in_url": ("https://auth.example/in?app=hair", "https://auth.example/in?app=hair"),
    "require_consent": ("true", True),
    "origins": (
        "https://a.example, http://localhost:3000",
        "https://a.example, http://localhost:3000",
    ),
    "max_connections": ("1", 1),
    "max_address_connections": ("7", 7),
    "header_timeout_s": ("0.5", 0.5),
    "keepalive_timeout_s": ("5", 5.0),
    "write_timeout_s": ("20", 20.0),
    "replicate_api_token": ("r8_geheim", SecretStr("r8_geheim")),
    "replicate_url": ("https://r.example/", "https://r.example"),
    "cloud_hosts": ("r.example, output.example", "r.example, output.example"),
    "cloud_timeout_s": ("600", 600.0),
    "cloud_places": ("1", 1),
    "cloud_budget_usd": ("0", 0.0),
    "cloud_user_budget_usd": ("0.5", 0.5),
    "cloud_webhook_url": (f"https://h.example{WEBHOOK_PATH}", f"https://h.example{WEBHOOK_PATH}"),
    "replicate_webhook_secret": ("whsec_" + "B" * 32, SecretStr("whsec_" + "B" * 32)),
    "cloud_models": (MODELS, MODELS),
    "cloud_versions": ("a/b:79fc", "a/b:79fc"),
    "cloud_prices": ("a/b=0.04, c/d=1:2:3.5", "a/b=0.04, c/d=1:2:3.5"),
    "redis_url": ("redis://:geheim@r.example/1", SecretStr("redis://:geheim@r.example/1")),
    "webhook_secret": ("whsec_" + "A" * 32, SecretStr("whsec_" + "A" * 32)),
    "webhook_hosts": ("a.internal, 10.0.0.1", "a.internal, 10.0.0.1"),
    "photo_side_px": ("16", 16),
    "photo_cache_bytes": ("0", 0),
    "rtc_listen": ("10.0.0.1, ::1", "10.0.0.1, ::1"),
    "rtc_public": ("198.51.100.7", "198.51.100.7"),
    "stun": ("stun:s.example:3478", "stun:s.example:3478"),
    "turn": ("turn:t.example?transport=tcp", "turn:t.example?transport=tcp"),
    "turn_secret": ("geheim", SecretStr("geheim")),
    "turn_ttl_s": ("60", 60.0),
    "idle_timeout_s": ("0.5", 0.5),
    "send_timeout_s": ("2", 2.0),
    "stop_timeout_s": ("2.5", 2.5),
}
"""A text for every setting, and what becomes of it."""
_WRONG: dict[str, list[str]] = {
    "host": [""],
    "port": ["-1", "65536", "http", "", "80.5"],
    "log_format": ["xml", "JSON"],
    "log_level": ["loud", ""],
    "workers": ["0", "257", "many"],
    "max_sessions": ["0", "-5"],
    "uploads_per_hour": ["0"],
    "calls_per_hour": ["0"],
    "connections_per_minute": ["0"],
    "max_user_sessions": ["0"],
    "proxies": ["0.0.0.0/0", "proxy.internal"],
    "mailbox_frames": ["0", "1001"],
    "target_latency_ms": ["0", "-1", "60000.1", "nan", "soon"],
    "frames_per_minute": ["0"],
    "max_message_bytes": ["1023"],
    "max_picture_px": ["0"],
    "max_frame_px": ["0"],
    "jpeg_quality": ["0", "101"],
    "networks": ["best", ""],
    "max_photo_bytes": ["1023"],
    "max_photos": ["0"],
    "body_timeout_s": ["0", "inf"],
    "max_video_bytes": ["1023"],
    "max_video_s": ["0", "nan"],
    "max_video_px": ["0"],
    "max_uploads": ["0"],
    "upload_timeout_s": ["0", "1801"],
    "clamd": ["/run/clamd.ctl", "tcp:host"],
    "sampling_rate": ["0", "1.1", "nan"],
    "job_places": ["0", "257"],
    "max_jobs": ["0"],
    "max_user_jobs": ["0"],
    "max_queued_jobs": ["0"],
    "max_user_queued_jobs": ["0"],
    "job_lease_s": ["0"],
    "job_timeout_s": ["0"],
    "mongodb_uri": ["m.example:27017"],
    "files_url": ["/srv/files", "s3://", "http://bucket/"],
    "file_keys": [",", "geheim", "A" * 42 + "==", f"{'A' * 43}=,{'B' * 22}=="],
    "keep_uploads_s": ["0", "inf"],
    "keep_results_s": ["0"],
    "keep_photos_s": ["0"],
    "keep_sessions_s": ["0"],
    "sweep_interval_s": ["0"],
    "signed_url_s": ["0"],
    "jwt_secret": ["geheim", "s" * 31],
    "jwt_keys_url": ["auth.example", "http://auth.example/jwks", "https://", "file:///etc/keys"],
    "jwt_leeway_s": ["-1", "301", "nan"],
    "jwt_admin_scope": ["", "two words"],
    "gateways": ["gateway", "0.0.0.0/0", "::/0", "10.1.0.0/33", "10.1.0.1/16"],
    "gateway_user_header": ["", "X Who", "X-Who:"],
    "api_keys": ["geheim", f"salon={'0A' * 32}", f"a/b={'0a' * 32}", f"={'0a' * 32}"],
    "signing_keys": ["geheim", f"salon={'A' * 43}", "salon=hts_geheim"],
    "sign_in_url": ["/login", "auth.example", "http://auth.example", "javascript:alert(1)"],
    "origins": ["*", "a.example", "https://a.example/", "https://A.example", "null"],
    "max_connections": ["0"],
    "max_address_connections": ["0", "many"],
    "header_timeout_s": ["0", "inf"],
    "keepalive_timeout_s": ["0"],
    "write_timeout_s": ["0", "nan"],
    "replicate_url": [
        "",
        "http://r.example",
        "r.example",
        "https://r.example/v1",
        "https://r.example?a",
        "https://u:geheim@r.example",
    ],
    "cloud_hosts": ["https://r.example", "*.example", ",", ""],
    "cloud_timeout_s": ["0", "601"],
    "cloud_places": ["0"],
    "cloud_budget_usd": ["-1", "nan"],
    "cloud_user_budget_usd": ["inf"],
    "cloud_webhook_url": [f"http://h.example{WEBHOOK_PATH}", "https://h.example", WEBHOOK_PATH],
    "replicate_webhook_secret": ["whsec_", "geheim"],
    "cloud_models": ["models.toml", "{", '{"models":[]}'],
    "cloud_versions": ["a/b", "a:b", "a/b:", "a/b:1, a/b:2"],
    "cloud_prices": ["a/b", "a/b=-1", "a/b=1:2", "a/b=1e9", "a/b=0.1234567", "a/b=1, a/b=2"],
    "redis_url": ["r.example:6379", "redis://:geheim@h:port", "redis://h?geheim=1"],
    "webhook_secret": ["geheim", "whsec_" + "A" * 33, "whsec_" + "A" * 28],
    "photo_side_px": ["15", "8193"],
    "photo_cache_bytes": ["-1"],
    "rtc_listen": ["localhost", "10.0.0.1;10.0.0.2"],
    "rtc_public": ["example.org"],
    "stun": ["s.example:3478"],
    "turn": ["http://t.example", "turn:"],
    "turn_ttl_s": ["0"],
    "idle_timeout_s": ["0", "nan"],
    "send_timeout_s": ["0", "-0.1"],
    "stop_timeout_s": ["0", "x"],
}
_ELSEWHERE = ("REDIS_URL", "MONGODB_URI", "REPLICATE_API_TOKEN")
"""Names that other programs have for them too."""


@pytest.fixture(autouse=True)
def _clean_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting in the environment, and no ``.env`` but the test's own."""
    for name in list(os.environ):
        if name.upper().startswith(ENV_PREFIX) or name in _ELSEWHERE:
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def _flag(name: str, text: str) -> str:
    if name in ("insecure", "require_consent"):
        return f"--{name.replace('_', '-')}"
    return f"--{name.replace('_', '-')}={text}"


def _variable(name: str) -> str:
    return ENV_PREFIX + name.upper()


def test_every_setting_is_tested() -> None:
    """The table of good values names all settings, so that a new one cannot be forgotten."""
    assert set(_GOOD) == set(Settings.model_fields)


def test_defaults() -> None:
    """With nothing set the service listens on loopback only, with all processors."""
    settings = load_settings([])
    assert (settings.host, settings.port, settings.scheme) == ("127.0.0.1", 8000, "http")
    assert 1 <= settings.workers <= (os.cpu_count() or 1)
    assert settings.target_latency_ms == 200.0


_ALTERNATIVES = ("jwt_secret", "jwt_keys_url")
"""Only one of them can be set."""
_each_way = pytest.mark.parametrize("left_out", _ALTERNATIVES)


def _given(left_out: str) -> dict[str, str]:
    """Good texts for all settings at once, since loading takes long, but for one."""
    return {name: text for name, (text, _) in _GOOD.items() if name != left_out}


def _check(settings: Settings, left_out: str) -> None:
    for name in _given(left_out):
        assert getattr(settings, name) == _GOOD[name][1], name


@_each_way
def test_from_flags(left_out: str) -> None:
    """Every setting can be given as a flag in kebab case."""
    flags = [_flag(name, text) for name, text in _given(left_out).items()]
    _check(load_settings(flags), left_out)


@_each_way
def test_from_the_environment(left_out: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every setting can be given as a variable with the service's prefix."""
    for name, text in _given(left_out).items():
        monkeypatch.setenv(_variable(name), text)
    _check(load_settings([]), left_out)


@_each_way
def test_from_the_env_file(left_out: str, tmp_path: Path) -> None:
    """Every setting can stand in ``.env`` in the working directory."""
    lines = [f"{_variable(name)}={text}\n" for name, text in _given(left_out).items()]
    (tmp_path / ".env").write_text("".join(lines))
    _check(load_settings([]), left_out)


def test_flag_before_environment_before_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A flag wins over the environment, and that over ``.env``."""
    (tmp_path / ".env").write_text(f"{ENV_PREFIX}PORT=1\n{ENV_PREFIX}CLAMD=unix:/file\n")
    assert load_settings([]).port == 1
    monkeypatch.setenv(_variable("port"), "2")
    assert load_settings([]).port == 2
    settings = load_settings(["--port", "3"])
    assert (settings.port, settings.clamd) == (3, "unix:/file")


def test_foreign_lines_in_the_file_do_no_harm(tmp_path: Path) -> None:
    """What other programs keep in ``.env`` is left alone."""
    (tmp_path / ".env").write_text("OTHER=1\nPORT=5\n# note\n")
    assert load_settings([]).port == 8000


@pytest.mark.parametrize("name", sorted(_WRONG))
def test_wrong_flag_is_named(name: str) -> None:
    """A wrong value is one line that names the setting, its variable and its flag."""
    with pytest.raises(SettingsInvalid) as caught:
        load_settings([_flag(name, _WRONG[name][0])])
    line = str(caught.value)
    assert "\n" not in line
    assert line.startswith(f"wrong setting: {name} ({_variable(name)}, --")


@pytest.mark.untraced
@pytest.mark.parametrize("name", sorted(_WRONG))
def test_wrong_variables_are_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every wrong value is found, from the environment too, where the flags' reader is not asked,
    which takes long."""
    for text in _WRONG[name]:
        monkeypatch.setenv(_variable(name), text)
        with pytest.raises(ValidationError) as caught:
            Settings()
        assert caught.value.errors()[0]["loc"] == (name,), text


def test_a_wrong_variable_is_named_in_the_same_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong value from the environment is one line too."""
    monkeypatch.setenv(_variable("port"), "http")
    with pytest.raises(SettingsInvalid, match=rf"^wrong setting: port \({_variable('port')}, "):
        load_settings([])


@pytest.mark.parametrize("name", ["idle_timeout_s", "send_timeout_s", "stop_timeout_s"])
def test_endless_times_are_refused(name: str) -> None:
    """A time limit of infinity would be none: it is refused."""
    with pytest.raises(SettingsInvalid, match=name):
        load_settings([_flag(name, "inf")])


@pytest.mark.parametrize("name", ["tls_cert", "tls_key"])
def test_certificate_and_key_go_together(name: str) -> None:
    """One without the other is refused, and both are named; with both it is https."""
    with pytest.raises(SettingsInvalid, match=r"^wrong setting: tls_cert and tls_key"):
        load_settings([_flag(name, "file.pem")])
    assert load_settings(["--tls-cert=c.pem", "--tls-key=k.pem"]).scheme == "https"


def test_settings_are_frozen() -> None:
    """Nobody changes a setting while the service runs."""
    with pytest.raises(ValidationError, match="frozen"):
        load_settings([]).port = 1  # type: ignore[misc]


def test_help_names_every_flag(capsys: pytest.CaptureFixture[str]) -> None:
    """``--help`` lists each flag with its description and ends with 0."""
    with pytest.raises(SystemExit) as caught:
        load_settings(["--help"])
    shown = " ".join(capsys.readouterr().out.split())
    assert caught.value.code == 0
    for name, field in Settings.model_fields.items():
        assert f"--{name.replace('_', '-')} " in shown
        assert field.description is not None
        assert field.description in shown


def test_unknown_flag_ends_the_process(capsys: pytest.CaptureFixture[str]) -> None:
    """A flag that there is not is named on stderr, and the exit code is 2."""
    with pytest.raises(SystemExit) as caught:
        load_settings(["--prot", "1"])
    assert caught.value.code == 2
    assert "--prot" in capsys.readouterr().err


def _run_py() -> ModuleType:
    spec = importlib.util.spec_from_file_location("run", _ROOT / "run.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_main_says_what_is_wrong_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """``run.py`` with a wrong setting prints one line to stderr and returns 2."""
    assert _run_py().main(["--port=http"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert len(shown.err.splitlines()) == 1
    assert "port" in shown.err


def test_a_worker_needs_redis(capsys: pytest.CaptureFixture[str]) -> None:
    """And says so in one line that names the setting."""
    assert _run_py().main(["worker"]) == 2
    assert "redis_url" in capsys.readouterr().err


def test_the_secret_does_not_show() -> None:
    """Whoever prints the settings does not print it."""
    settings = load_settings(["--turn=turn:t.example", "--turn-secret=geheim"])
    assert "geheim" not in repr(settings)
