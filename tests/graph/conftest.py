"""Unexpected errors are logged in short: the default prints every local variable of every frame, which takes minutes."""

from __future__ import annotations

import structlog

structlog.configure(
    processors=[
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    ]
)
