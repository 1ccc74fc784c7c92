"""Logs, redacted before anything else sees them, and counts of what providers send beside their documents."""

from __future__ import annotations

import datetime as dt
import logging
import re
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, Literal, NamedTuple, TextIO

import msgspec
import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, WrappedLogger

SECRET_NAMES = re.compile(
    r"(?i)authorization|token|secret|password|api[-_]?key|(^|[-_])key$|cookie|credential"
)
"""Names whose values never reach a log line."""

REDACTED = "…"

MARK: Final = "6f1d3c0e-mark"
"""Stands in a line for what is not known yet."""

FRAMES_MAX = 40
"""Of a traceback in the log."""

PLAIN: Final = frozenset((str, int, float, bool, type(None)))
"""Classes of values that are written as they are."""

_ENCODER: Final = msgspec.json.Encoder()


def redact(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """Replace every value whose name sounds like a secret, at any depth."""
    return {key: _redacted(key, value) for key, value in event.items()}


@lru_cache(maxsize=500)
def _secret(name: str) -> bool:
    """Whether a name sounds like a secret. The same few come with every line."""
    return SECRET_NAMES.search(name) is not None


def _redacted(name: str, value: Any) -> Any:
    if _secret(name):
        return REDACTED
    if value.__class__ in PLAIN:
        return value
    if isinstance(value, dict):
        return {key: _redacted(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted("", inner) for inner in value]
    return value


def configure(*, stream: TextIO, level: int = logging.INFO, pretty: bool = False) -> None:
    """Set up logging for this process: JSON lines, or readable ones for a terminal. Called once, by the commands."""
    structlog.configure(
        processors=[
            redact,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *(_readable() if pretty else _json(stream, level)),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )


# Tracebacks name files and lines, never local variables: those hold tokens, and other people's books.


def _json(stream: TextIO, level: int) -> list[Any]:
    frames = ExceptionDictTransformer(show_locals=False, max_frames=FRAMES_MAX)
    return [structlog.processors.ExceptionRenderer(frames), _Line(stream, level)]


class _Line:
    """One JSON object, in ASCII. Lines of plain values alone, which most are, are written a good deal faster."""

    def __init__(self, stream: TextIO, level: int) -> None:
        self._any = structlog.processors.JSONRenderer()
        # One write for a line; it waits for those of PrintLogger, and they for it.
        self._printed = structlog.WriteLogger(stream).msg
        self._written = level <= logging.INFO

    def info(self, event: str, told: dict[str, Any]) -> None:
        """Write what structlog and the processors before this one would make of it."""
        if self._written:
            told["event"], told["level"] = event, "info"
            told["timestamp"] = dt.datetime.now(dt.UTC).isoformat().replace("+00:00", "Z")
            self._printed(str(self(None, "info", told)))

    def like(self, event: str, told: dict[str, Any]) -> Callable[[float, str], None] | None:
        """Writes lines that differ in `ms` and `request_id`, which are said behind the others; None where they cannot
        be told apart.
        """
        whole = str(
            self(None, "info", {**told, "ms": MARK, "request_id": MARK, "event": event, "level": "info"})
        )
        parts = whole.split(f'"{MARK}"')
        if len(parts) != 3:
            return None
        before, between, behind = parts[0], parts[1], parts[2].removesuffix("}")

        def line(ms: float, id: str) -> None:
            if self._written:
                then = dt.datetime.now(dt.UTC).isoformat().replace("+00:00", "Z")
                self._printed(f'{before}{ms}{between}"{id}"{behind}, "timestamp": "{then}"}}')

        return line

    def __call__(self, logger: WrappedLogger, name: str, event: EventDict) -> str | bytes:
        """See structlog's processors."""
        for value in event.values():
            if value.__class__ not in PLAIN:
                return self._any(logger, name, event)
        try:
            line = msgspec.json.format(_ENCODER.encode(event), indent=0)
        except (ValueError, OverflowError):  # half a surrogate pair, a number of many digits
            return self._any(logger, name, event)
        return line.decode() if line.isascii() else self._any(logger, name, event)


def _readable() -> list[Any]:
    return [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)]


class Lines:
    """The logger of whoever writes a line for each request: made ready once, and again when logging is set up anew."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._set_up: object = None
        self._logger: Any = None

        self._straight: _Line | None = None

    @property
    def logger(self) -> Any:
        """A logger of structlog's."""
        self._look()
        return self._logger

    def info(self, event: str, told: dict[str, Any]) -> None:
        """Write a line of plain values, none of whose names sounds like a secret. It says the same as the logger's."""
        self._look()
        if self._straight is None:
            self._logger.info(event, **told)
        else:
            self._straight.info(event, told)

    def like(self, event: str, told: dict[str, Any]) -> Callable[[float, str], None]:
        """Writes lines that differ in `ms` and in `request_id`, a UUID: the same as `info` does."""
        straight: Callable[[float, str], None] | None = None
        set_up: object = None

        def line(ms: float, id: str) -> None:
            nonlocal straight, set_up
            self._look()
            if self._set_up is not set_up:
                set_up = self._set_up
                straight = self._straight.like(event, told) if self._straight is not None else None
            if straight is None:
                self.info(event, {**told, "ms": ms, "request_id": id})
            else:
                straight(ms, id)

        return line

    def _look(self) -> None:
        set_up = structlog.get_config()["processors"]
        if set_up is not self._set_up:
            self._set_up, self._logger = set_up, structlog.get_logger(self._name).bind()
            last = set_up[-1] if set_up else None
            self._straight = last if isinstance(last, _Line) else None


# -- drift -------------------------------------------------------------------------------------------------------

Kind = Literal[
    "unknown_word", "malformed_value", "malformed_record", "unknown_field", "window_ignored", "unordered"
]
"""What a provider does that its definition does not say."""


class Drifted(NamedTuple):
    """How often one provider did one such thing in one place."""

    provider: str
    kind: Kind
    name: str
    """The field, the word or the list; `…` for all that came after the bound."""
    times: int


class Drift:
    """Counts, for each provider, what its definition does not say. Bounded: a provider cannot fill our memory."""

    def __init__(self, *, names_max: int = 500, name_characters_max: int = 80) -> None:
        self._names_max = names_max
        self._characters_max = name_characters_max
        self._counts: Counter[tuple[str, Kind, str]] = Counter()

    def count(self, provider: str, kind: Kind, name: str) -> None:
        """It happened once more."""
        key = (provider, kind, name[: self._characters_max])
        full = len(self._counts) >= self._names_max
        self._counts[(provider, kind, REDACTED) if full and key not in self._counts else key] += 1

    def seen(self) -> list[Drifted]:
        """Everything counted, by provider, kind and name."""
        return [Drifted(*key, times) for key, times in sorted(self._counts.items())]
