"""Imports point down, and modules can be read in one order."""

from __future__ import annotations

from functools import cache
from graphlib import CycleError, TopologicalSorter
from itertools import chain

import pytest

from tests.shape.sources import PACKAGE, Import, imports, sources

LEVELS = (
    ("app", "gateway", "demo", "cli", "__main__", "server", "background", "watches", "workers"),
    ("settings",),
    ("metrics", "tracing"),
    ("edge",),
    ("graph",),
    ("sync",),
    ("engine", "compiler"),
    ("upstream",),
    ("state",),
    ("spec",),
    ("model",),
    ("telemetry", "errors", "clock", "slices", "garbage", "nesting", "large_pages"),
)
"""Sections of the path from the caller to the provider. Each may import itself and what stands lower."""

TOP = LEVELS[0]
LEVEL = {section: level for level, sections in enumerate(LEVELS) for section in sections}

ONLY = {
    "providers": frozenset({"providers", "spec", "model", "errors"}),
    "playground": frozenset({"playground"}),
    "sandbox": frozenset({"sandbox", "clock"}),
    "compiler": frozenset({"compiler"}),
}
"""Sections beside the path, and all that they may import of ours."""

ONLY_BY = {
    "providers": frozenset({*TOP, "providers"}),
    "sandbox": frozenset({*TOP, "sandbox"}),
    "settings": frozenset({*TOP, "settings"}),
    "playground": frozenset({*TOP, "edge", "playground"}),
}
"""Sections that few may import."""

FROZEN = frozenset(f"{PACKAGE}.spec.{name}" for name in ("query", "pointer", "provider", "stream"))
"""Values of the vocabulary that the model may name, though it stands lower."""


def section(name: str) -> str:
    """The section of a dotted name; empty for the package itself."""
    return f"{name}.".split(".")[1]


def allowed(each: Import) -> bool:
    """Whether this import points down, or is one of the exceptions named above."""
    from_, to = section(each.module), section(each.target)
    if from_ not in ONLY_BY.get(to, {from_}):
        return False
    if from_ in ONLY:
        return to in ONLY[from_]
    if from_ == to or (to in ONLY_BY and to not in LEVEL):
        return True
    if from_ == "model" and each.target in FROZEN:
        return True
    return LEVEL[from_] < LEVEL[to] or (from_ in TOP and to in TOP)


@cache
def all_imports() -> tuple[Import, ...]:
    """Every import of ours by ours."""
    return tuple(chain.from_iterable(imports(module) for module in sources().values()))


@pytest.mark.parametrize(
    ("from_", "to", "good"),
    [
        ("graph.fanout", "engine.merge", True),
        ("engine.merge", "graph.fanout", False),
        ("engine.hub", "compiler.plan", False),
        ("upstream.sign", "providers", False),
        ("providers.kashoo.sales", "spec.wires", True),
        ("providers.kashoo.sales", "engine.hub", False),
        ("sandbox.books", "model.money", False),
        ("edge.routes", "playground", True),
        ("graph.schema", "playground", False),
        ("model.record", "spec.query", True),
        ("model.record", "spec.wires", False),
        ("edge.view", "settings", False),
    ],
)
def test_the_rule_knows_up_from_down(from_: str, to: str, *, good: bool) -> None:
    """The cases that the layout was made for are judged as meant."""
    each = Import(f"{PACKAGE}.{from_}", f"{PACKAGE}.{to}", 1, deferred=False, typing=False)

    assert allowed(each) is good


def test_every_section_has_its_place() -> None:
    """A new directory or file at the top of the package says where on the path it stands."""
    known = set(LEVEL) | set(ONLY) | {""}

    assert {module.section for module in sources().values()} <= known


def test_imports_point_down() -> None:
    """No module imports what stands above it; what stands beside the path is imported only where it is agreed."""
    wrong = [
        f"{each.module}:{each.line} imports {each.target}" for each in all_imports() if not allowed(each)
    ]

    assert wrong == []


def test_no_import_is_deferred() -> None:
    """No function imports our own modules: that would be a cycle in hiding."""
    assert [f"{each.module}:{each.line}" for each in all_imports() if each.deferred] == []


def test_no_import_goes_in_a_circle() -> None:
    """The modules can be read in one order; package files and imports for the type checker are left out."""
    packages = {name for name, module in sources().items() if module.path.name == "__init__.py"}
    graph = {name: set[str]() for name in sources() if name not in packages}
    for each in all_imports():
        if each.module in graph and each.target in graph and not each.typing:
            graph[each.module].add(each.target)

    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))
