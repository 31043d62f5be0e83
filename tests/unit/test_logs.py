"""Log lines: one stream, one line each, for machines or for eyes; no identifiers."""

import json
import logging
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from aiohttp import ClientConnectionResetError

from server.logs import configure_logging, pseudonym
from server.version import SERVICE_NAME


@pytest.fixture(autouse=True)
def _restored_logging() -> Iterator[None]:
    """What pytest has set up for logging comes back after the test."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def _lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """What was logged as JSON."""
    shown = capsys.readouterr()
    assert shown.out == "", "logs belong on stderr"
    return [json.loads(line) for line in shown.err.splitlines()]


def test_json_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A line for machines has service, level, logger, time, message and its own fields."""
    configure_logging("json", "info")
    structlog.get_logger("room").info("frame dropped", cause="late", count=3)
    (line,) = _lines(capsys)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "service": SERVICE_NAME, "level": "info", "logger": "room",
        "message": "frame dropped", "cause": "late", "count": 3,
    }  # fmt: skip


def test_libraries_log_into_the_same_stream(capsys: pytest.CaptureFixture[str]) -> None:
    """What a library logs the standard way has the same form."""
    configure_logging("json", "info")
    logging.getLogger("library").warning("%d of %s", 3, "five")
    (line,) = _lines(capsys)
    assert (line["message"], line["level"], line["logger"]) == ("3 of five", "warning", "library")
    assert line["service"] == SERVICE_NAME
    assert "timestamp" in line


def test_warnings_are_lines_too(capsys: pytest.CaptureFixture[str]) -> None:
    """But for those that users' photos cause."""
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        configure_logging("json", "info")
        warnings.warn_explicit("old", DeprecationWarning, "x.py", 1, module="other")
        warnings.warn_explicit("odd", UserWarning, "x.py", 1, module="PIL.TiffImagePlugin")
    (line,) = _lines(capsys)
    assert (line["level"], line["logger"]) == ("warning", "py.warnings")
    assert "old" in line["message"]


@pytest.mark.parametrize(
    ("level", "shown"),
    [
        ("debug", ["debug", "info", "warning", "error"]),
        ("info", ["info", "warning", "error"]),
        ("warning", ["warning", "error"]),
        ("error", ["error"]),
    ],
)
def test_level_and_above(level: Any, shown: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Lines below the level are left out, ours and the libraries' alike."""
    configure_logging("json", level)
    for name in ("debug", "info", "warning", "error"):
        getattr(structlog.get_logger("ours"), name)("ours")
        getattr(logging.getLogger("theirs"), name)("theirs")
    assert [(line["message"], line["level"]) for line in _lines(capsys)] == [
        (event, name) for name in shown for event in ("ours", "theirs")
    ]


def test_context_is_on_every_line(capsys: pytest.CaptureFixture[str]) -> None:
    """What is bound for a session stands on all lines of its task."""
    configure_logging("json", "info")
    with structlog.contextvars.bound_contextvars(session_id="abc"):
        structlog.get_logger("ours").info("in")
        logging.getLogger("theirs").info("in")
    structlog.get_logger("ours").info("out")
    assert [line.get("session_id") for line in _lines(capsys)] == ["abc", "abc", None]


def test_exception_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A traceback is a field of its line, not lines of its own, whoever logs it."""
    configure_logging("json", "info")
    try:
        int("broken")
    except ValueError:
        structlog.get_logger("ours").exception("failed")
        logging.getLogger("theirs").exception("failed")
    lines = _lines(capsys)
    assert len(lines) == 2
    assert all("ValueError: invalid literal" in line["exception"] for line in lines)


def test_line_break_in_a_value_stays_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody can forge a log line by a line break in what he sends."""
    configure_logging("json", "info")
    structlog.get_logger("ours").info("got", text='x"}\n{"event":"forged"}')
    (line,) = _lines(capsys)
    assert line["message"] == "got"


def test_auto_without_a_terminal_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    """Where nobody watches, ``auto`` writes for machines."""
    configure_logging("auto", "info")
    structlog.get_logger("ours").info("started")
    assert _lines(capsys)[0]["message"] == "started"


def test_console_is_for_eyes(capsys: pytest.CaptureFixture[str]) -> None:
    """``console`` writes text with the event and its fields, and without colour codes in a file."""
    configure_logging("console", "info")
    structlog.get_logger("ours").info("started", port=8000)
    shown = capsys.readouterr().err
    assert "started" in shown
    assert "port=8000" in shown
    assert "\x1b" not in shown
    assert not shown.startswith("{")


def test_configured_twice_writes_once(capsys: pytest.CaptureFixture[str]) -> None:
    """Configuring again replaces what was, so that no line is written twice."""
    configure_logging("json", "info")
    configure_logging("json", "info")
    logging.getLogger("theirs").info("once")
    assert len(_lines(capsys)) == 1


def test_pseudonym_is_steady_and_tells_nothing() -> None:
    """The same id gives the same twelve hex digits, another id others, and neither shows it."""
    shown = pseudonym("user@example.org")
    assert shown == pseudonym("user@example.org")
    assert shown != pseudonym("user@example.com")
    assert len(shown) == 12
    assert int(shown, 16) >= 0
    assert "user" not in shown


@pytest.mark.parametrize("name", ["PIL.Image", "aioice.ice", "aiortc.rtcdtlstransport", "httpx"])
def test_libraries_do_not_tell_of_clients(capsys: pytest.CaptureFixture[str], name: str) -> None:
    """Neither addresses nor metadata, whatever the level; what goes wrong is told."""
    configure_logging("json", "debug")
    logging.getLogger(name).info("192.0.2.7")
    assert _lines(capsys) == []
    logging.getLogger(name).warning("something is wrong")
    assert len(_lines(capsys)) == 1


def test_who_left_before_they_were_told_to_continue(capsys: pytest.CaptureFixture[str]) -> None:
    """aiohttp tells of them as of a fault of ours."""
    configure_logging("json", "info")
    left = ClientConnectionResetError("gone")
    logging.getLogger("aiohttp.server").error("Error handling request", exc_info=left)
    assert _lines(capsys) == []
