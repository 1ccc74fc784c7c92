"""Exceptions to the rules of types, lint and errors are few, named and explained; nothing is mocked."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator

from tests.shape.sources import Module, sources, suites

BROAD = {
    "src/ledgermesh/edge/view.py",
    "src/ledgermesh/graph/present.py",
    "src/ledgermesh/compiler/extension.py",
}
"""Where whatever is not expected is turned into a masked answer, once."""

ANY_ERROR = {"Exception", "BaseException"}
EXEMPTION = re.compile(r"#.*(type: ignore|noqa|pragma)")
EXPLAINED = re.compile(r"# (type: ignore\[[\w-]+(, ?[\w-]+)*\]|noqa: [A-Z]+\d+(, ?[A-Z]+\d+)*)  # \S")
MODULES = {"mock", "unittest.mock", "pytest_mock"}
FIXTURES = {"mocker"}
REPLACERS = {"setattr", "setitem", "delattr"}


def everything() -> list[Module]:
    """The package and its tests."""
    return [*sources().values(), *suites().values()]


def broad(tree: ast.Module) -> Iterator[int]:
    """Lines that catch whatever comes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and (node.type is None or named(node.type) & ANY_ERROR):
            yield node.lineno
        if isinstance(node, ast.Call) and called(node.func).endswith("suppress"):
            yield from (node.lineno for argument in node.args if ast.unparse(argument) in ANY_ERROR)


def named(node: ast.expr) -> set[str]:
    """The classes that an except clause names."""
    return {ast.unparse(each) for each in (node.elts if isinstance(node, ast.Tuple) else [node])}


def called(node: ast.expr) -> str:
    """The last word of what is called; empty where that is no name."""
    return getattr(node, "attr", "") or getattr(node, "id", "")


def comments(module: Module) -> Iterator[tuple[int, str]]:
    """Every comment with its line."""
    for token in tokenize.generate_tokens(io.StringIO(module.text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def test_whatever_comes_is_caught_in_three_places() -> None:
    """A broad except stands only where an unexpected error becomes a masked answer, once in each such file."""
    found = {module.place: list(broad(module.tree)) for module in sources().values()}

    assert {place for place, lines in found.items() if lines} <= BROAD
    assert [place for place, lines in found.items() if len(lines) > 1] == []


def test_every_exemption_names_code_and_reason() -> None:
    """`type: ignore` and `noqa` name what they silence, and why, behind a second `#`."""
    wrong = [
        f"{module.place}:{line} {text}"
        for module in everything()
        if EXEMPTION.search(module.text)
        for line, text in comments(module)
        if EXEMPTION.search(text) and not EXPLAINED.search(text)
    ]

    assert wrong == []


def mocks(module: Module) -> Iterator[str]:
    """What in a module replaces a function of ours."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import) and MODULES & {alias.name for alias in node.names}:
            yield f"{module.place}:{node.lineno}"
        if isinstance(node, ast.ImportFrom) and (node.module in MODULES or imports_mock(node)):
            yield f"{module.place}:{node.lineno}"
        if isinstance(node, ast.arg) and node.arg in FIXTURES:
            yield f"{module.place}:{node.lineno}"
        if (
            isinstance(node, ast.Attribute)
            and node.attr in REPLACERS
            and ast.unparse(node.value) == "monkeypatch"
        ):
            yield f"{module.place}:{node.lineno}"


def imports_mock(node: ast.ImportFrom) -> bool:
    """Whether this is `from unittest import mock`."""
    return node.module == "unittest" and any(alias.name == "mock" for alias in node.names)


def test_nothing_is_mocked() -> None:
    """Tests fake the world at its edges; they replace no function in the middle."""
    assert [place for module in suites().values() for place in mocks(module)] == []


def test_every_file_says_what_it_is() -> None:
    """The first line of a file is a sentence on what it is."""
    assert [module.place for module in everything() if not module.text.startswith('"""')] == []
