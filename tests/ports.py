"""Ports for the processes that tests start."""

from __future__ import annotations

import secrets
import socket
from typing import Final

HOST: Final = "127.0.0.1"
GIVEN: Final = range(12_000, 32_000)
"""Below those that systems give to connections, and to servers that take any port: between the time that a port is
chosen here and the time that its process listens there, nobody else gets it by chance.
"""
TRIES: Final = 100


def free_port() -> int:
    """A port that nobody listens on."""
    for _ in range(TRIES):
        port = secrets.choice(GIVEN)
        if _is_free(port):
            return port
    raise OSError(f"of {TRIES} ports none was free")


def free_ports(count: int) -> list[int]:
    """Several, all different."""
    found: set[int] = set()
    while len(found) < count:
        found.add(free_port())
    return sorted(found)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
