"""Unexpected errors are logged in short: by default every local variable of every frame is printed."""

from __future__ import annotations

import structlog

structlog.configure(
    processors=[
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    ]
)
