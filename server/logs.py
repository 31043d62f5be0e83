"""Logging: structlog and the standard library's loggers in one stream, for eyes or for machines."""

import hashlib
import logging
import sys
import warnings

import structlog
from aiohttp import ClientConnectionResetError
from aiohttp.http_exceptions import HttpProcessingError

from server.settings import LogFormat, LogLevel
from server.version import SERVICE_NAME


def configure_logging(log_format: LogFormat, level: LogLevel) -> None:
    """Write log lines of that level and above to stderr, as JSON or for a terminal."""
    is_console = log_format == "console" or (log_format == "auto" and sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    for_eyes: list[structlog.typing.Processor] = [
        structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            # Others print what variables hold, tokens among them.
            exception_formatter=structlog.dev.plain_traceback,
        )
    ]
    for_machines: list[structlog.typing.Processor] = [
        _name_service,
        structlog.processors.format_exc_info,
        structlog.processors.EventRenamer("message"),
        structlog.processors.JSONRenderer(),
    ]
    renderers = for_eyes if is_console else for_machines
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    # They write photos' metadata, clients' addresses, what ICE sessions are signed with, and the
    # addresses at which anybody finds edited photos.
    for talkative in ("PIL", "aioice", "aiortc", "httpcore", "httpx", "taskiq"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    # It tells of each batch that a collector does not take; server/traces/queue.py tells once.
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
    # It warns of what is odd in users' photos.
    warnings.filterwarnings("ignore", module=r"PIL\.")
    logging.captureWarnings(capture=True)
    logging.getLogger("aiohttp.server").addFilter(_is_no_bad_request)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def pseudonym(identifier: str) -> str:
    """A session's or user's id as logs may show it: the same each time, and not the id."""
    return hashlib.sha256(identifier.encode()).hexdigest()[:12]


def _is_no_bad_request(record: logging.LogRecord) -> bool:
    """Requests that are no HTTP are answered 400; the log would quote them, ids and all. Who has
    left before they were told to continue is no error either."""
    others = (HttpProcessingError, ClientConnectionResetError)
    return not (record.exc_info and isinstance(record.exc_info[1], others))


def _name_service(
    _: structlog.typing.WrappedLogger, __: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    event["service"] = SERVICE_NAME
    return event
