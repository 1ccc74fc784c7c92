"""Logs: one JSON line an event, redacted before anything else sees it."""

from __future__ import annotations

import logging
import re
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, WrappedLogger

SECRET_NAMES = re.compile(r"(?i)(authorization|token|secret|password|api[-_]?key|cookie|credential)")
"""Names whose values never reach a log line."""

REDACTED = "…"


def redact(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """Replace every value whose name sounds like a secret, at any depth."""
    return {key: _redacted(key, value) for key, value in event.items()}


def _redacted(name: str, value: Any) -> Any:
    if SECRET_NAMES.search(name):
        return REDACTED
    if isinstance(value, dict):
        return {key: _redacted(str(key), inner) for key, inner in value.items()}
    return value


def configure(*, stream: TextIO, level: int = logging.INFO, pretty: bool = False) -> None:
    """Set up logging for this process: JSON lines, or readable ones for a terminal. Called once, by the commands."""
    renderer: Any = (
        structlog.dev.ConsoleRenderer(colors=False) if pretty else structlog.processors.JSONRenderer()
    )
    errors: list[Any] = [] if pretty else [structlog.processors.dict_tracebacks]
    structlog.configure(
        processors=[
            redact,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *errors,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
