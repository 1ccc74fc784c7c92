"""What addresses of a shared state begin with."""

from __future__ import annotations

from typing import Final

SCHEMES: Final = {"valkey": "redis", "valkeys": "rediss", "redis": "redis", "rediss": "rediss"}
"""Of a server, and what its client calls it; with an s at the end it is TLS."""
