"""Providers as data: one folder each, found by name, checked all together."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Mapping

from ledgermesh.errors import DefinitionError
from ledgermesh.spec.check import problems
from ledgermesh.spec.provider import Provider


def discover(kinds: Iterable[str], *, package: str = __name__) -> Mapping[str, Provider]:
    """Every provider of a package, by name; raises one DefinitionError with every problem of every one of them."""
    path = importlib.import_module(package).__path__
    names = sorted(found.name for found in pkgutil.iter_modules(path) if found.ispkg)
    modules = [(name, importlib.import_module(f"{package}.{name}.definition")) for name in names]
    found: dict[str, Provider] = {}
    wrong: list[str] = []
    for name, module in modules:
        provider = getattr(module, "PROVIDER", None)
        if not isinstance(provider, Provider):
            wrong.append(f"{name}: definition.py needs a constant PROVIDER")
            continue
        if provider.name != name:
            wrong.append(f"{name}: the provider's name is {provider.name!r}; name the folder alike")
        wrong.extend(problems(provider, kinds))
        found[name] = provider
    if wrong:
        raise DefinitionError("\n".join(wrong))
    return found
