"""Settings: from flags, environment and ``.env``, checked, and named when wrong."""

import importlib.util
import os
import re
from pathlib import Path
from types import ModuleType

import pytest
from pydantic import ValidationError

from server.settings import Settings, SettingsInvalid, load_settings
from server.storage_settings import ENV_PREFIX
from tests.setting_texts import GOOD, WRONG

_ROOT = Path(__file__).parents[2]
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
    assert set(GOOD) == set(Settings.model_fields)


def test_defaults() -> None:
    """With nothing set the service listens on loopback only, with all processors."""
    settings = load_settings([])
    assert (settings.host, settings.port, settings.scheme) == ("127.0.0.1", 8000, "http")
    assert 1 <= settings.threads <= (os.cpu_count() or 1)
    assert settings.target_latency_ms == 200.0


_ALTERNATIVES = ("jwt_secret", "jwt_keys_url")
"""Only one of them can be set."""
_each_way = pytest.mark.parametrize("left_out", _ALTERNATIVES)


def _given(left_out: str) -> dict[str, str]:
    """Good texts for all settings at once, since loading takes long, but for one."""
    return {name: text for name, (text, _) in GOOD.items() if name != left_out}


def _check(settings: Settings, left_out: str) -> None:
    for name in _given(left_out):
        assert getattr(settings, name) == GOOD[name][1], name


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


@pytest.mark.parametrize("name", sorted(WRONG))
def test_wrong_flag_is_named(name: str) -> None:
    """A wrong value is one line that names the setting, its variable and its flag."""
    with pytest.raises(SettingsInvalid) as caught:
        load_settings([_flag(name, WRONG[name][0])])
    line = str(caught.value)
    assert "\n" not in line
    assert line.startswith(f"wrong setting: {name} ({_variable(name)}, --")


@pytest.mark.parametrize("name", sorted(WRONG))
def test_wrong_variables_are_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every wrong value is found, from the environment too, where the flags' reader is not asked,
    which takes long."""
    for text in WRONG[name]:
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


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--workers=2"], "workers (HAIR_TRYON_WORKERS, --workers): needs redis_url"),
        (["--instance-address=10.0.0.7:8001"], "instance_address"),
        (["--instance-address=10.0.0.7:8001", "--redis-url=redis://r"], "needs file_keys"),
    ],
)
def test_several_processes_need_what_they_share(flags: list[str], words: str) -> None:
    """What would be counted by each for itself is refused at the start, in words."""
    with pytest.raises(SettingsInvalid, match=re.escape(words)):
        load_settings(flags).check_instances()


def test_workers_share_the_processors() -> None:
    """Each has as many threads as come to it, and one at least."""
    alone = load_settings([]).threads
    assert load_settings(["--workers=2"]).threads == max(1, alone // 2)
    assert load_settings(["--workers=64"]).threads == max(1, alone // 64)
    load_settings(["--workers=2", "--redis-url=redis://r"]).check_instances()


def test_workers_have_ports_behind_each_other() -> None:
    """As far as there are any."""
    shared = ["--redis-url=redis://r", f"--file-keys={GOOD['file_keys'][0]}"]
    address = "--instance-address=10.0.0.7:65535"
    load_settings([address, *shared]).check_instances()
    with pytest.raises(SettingsInvalid, match="no port 65536"):
        load_settings([address, *shared, "--workers=2"]).check_instances()
