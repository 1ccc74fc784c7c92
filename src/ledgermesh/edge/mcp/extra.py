"""Whether the package that speaks the Model Context Protocol is there: it is an extra."""

from __future__ import annotations

from importlib.util import find_spec

from ledgermesh.errors import ConfigurationError


def installed() -> bool:
    """Whether the extra is there."""
    return find_spec("mcp") is not None


def check_installed(what: str) -> None:
    """Raise ConfigurationError where the extra is missing."""
    if not installed():
        raise ConfigurationError(f"{what} needs the extra `mcp`: install ledgermesh[mcp]")
