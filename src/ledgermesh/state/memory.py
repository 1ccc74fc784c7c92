"""Grants and generations in this process's memory: for one process, gone with it."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from ledgermesh.state.base import Grant


class MemoryGrants:
    """Grants by tenant, environment and connection; see Grants."""

    def __init__(self) -> None:
        self._grants: dict[tuple[str, str, str], Grant] = {}

    async def find(self, tenant: str, environment: str, connection: str) -> Grant | None:
        """The newest grant, or None when there is none."""
        return self._grants.get((tenant, environment, connection))

    async def write(self, grant: Grant) -> bool:
        """Keep this grant if the stored version is `grant.version`, raising it by one; False when it was not."""
        key = (grant.tenant, grant.environment, grant.connection)
        known = self._grants.get(key)
        if grant.version != (0 if known is None else known.version):
            return False
        secrets = MappingProxyType(dict(grant.secrets))
        self._grants[key] = replace(grant, secrets=secrets, version=grant.version + 1)
        return True


class MemoryGenerations:
    """Counters by tenant, environment and connection; see Generations."""

    def __init__(self) -> None:
        self._generations: dict[tuple[str, str, str], int] = {}

    def now(self, tenant: str, environment: str, connection: str) -> int:
        """The connection's generation; 0 at first."""
        return self._generations.get((tenant, environment, connection), 0)

    async def raise_(self, tenant: str, environment: str, connection: str) -> int:
        """Raise it by one and give it."""
        key = (tenant, environment, connection)
        self._generations[key] = self._generations.get(key, 0) + 1
        return self._generations[key]
