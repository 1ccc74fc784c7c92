"""The companies that one answer is made of, each as it stood when it was reached: any change of one ends the answer."""

from __future__ import annotations

from typing import Final

from ledgermesh.state.entries import CompanyEntry, ConnectionEntry, Standing
from ledgermesh.state.registry import Principal, Registry

COMPANY_BYTES: Final = 500
"""What is remembered of a company with a few connections, rounded up."""

Stand = tuple[CompanyEntry | None, tuple[tuple[ConnectionEntry, int, Standing | None], ...]]
"""A company, and its connections with their generations and how they stand."""


class Reached:
    """Filled while an answer is made, each company before anything of it is read."""

    __slots__ = ("_all", "_registry", "_stood")

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._stood: dict[tuple[str, str], Stand] = {}
        self._all: tuple[CompanyEntry, ...] | None = None
        """All that the caller saw, where the answer says which companies there are."""

    def company(self, environment: str, key: str) -> None:
        """This company is about to be looked into."""
        if (environment, key) not in self._stood:
            self._stood[environment, key] = stand(self._registry, environment, key)

    def companies(self, principal: Principal) -> None:
        """It is about to be said which companies the caller sees."""
        self._all = tuple(self._registry.companies(principal))

    @property
    def connections(self) -> frozenset[str]:
        """Those of the companies."""
        return frozenset(entry.id for _, linked in self._stood.values() for entry, _, _ in linked)

    @property
    def size(self) -> int:
        """About what it costs in memory, in bytes."""
        return COMPANY_BYTES * len(self._stood)

    def unchanged(self, principal: Principal) -> bool:
        """Whether all of it is as it was, for a caller with the same rights."""
        registry = self._registry
        return all(stand(registry, *place) == stood for place, stood in self._stood.items()) and (
            self._all is None or self._all == tuple(registry.companies(principal))
        )


def stand(registry: Registry, environment: str, key: str) -> Stand:
    """How a company stands now; sharing, linking, commits and what providers tell of all change it."""
    company = registry.get(CompanyEntry, environment, key)
    if company is None:
        return None, ()
    return company, tuple(
        (entry, registry.generation(environment, entry.id), registry.standing(environment, entry.id))
        for entry in registry.connections(company)
    )
