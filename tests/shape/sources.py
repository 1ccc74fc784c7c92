"""The project's own files, as the checks of this folder see them."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = "ledgermesh"
SOURCE = ROOT / "src" / PACKAGE
# Written by a tool and compared byte for byte where it is made.
GENERATED = ("src/ledgermesh/playground/built/", "playground/package-lock.json")


@dataclass(frozen=True)
class Module:
    """One Python file."""

    name: str
    """Dotted, as it is imported; for a test its path."""
    path: Path
    text: str
    tree: ast.Module

    @property
    def place(self) -> str:
        """Its path from the top of the repository."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def section(self) -> str:
        """The directory below the package, or the file's own name when it stands at the top."""
        parts = self.name.split(".")
        return parts[1] if len(parts) > 1 else ""


@dataclass(frozen=True)
class Import:
    """One import of one of our own modules."""

    module: str
    """What imports."""
    target: str
    """The module that is imported."""
    line: int
    deferred: bool
    """Whether it stands in a function."""
    typing: bool
    """Whether it stands under TYPE_CHECKING."""


@dataclass(frozen=True)
class Function:
    """One function or method, without its docstring."""

    where: str
    lines: int
    nesting: int
    positional: int
    """Parameters that may be given by position, without self or cls."""


@cache
def sources() -> dict[str, Module]:
    """Every module of the package, by dotted name."""
    return {module.name: module for module in _read(SOURCE, ROOT / "src")}


@cache
def suites() -> dict[str, Module]:
    """Every Python file of the tests, by path."""
    return {module.place: module for module in _read(ROOT / "tests", ROOT)}


def _read(folder: Path, root: Path) -> Iterator[Module]:
    for path in sorted(path for path in files() if path.suffix == ".py" and path.is_relative_to(folder)):
        parts = path.relative_to(root).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        text = path.read_text(encoding="utf-8")
        yield Module(name, path, text, ast.parse(text))


def imports(module: Module) -> Iterator[Import]:
    """Every import of our own that the module makes; `from package import module` names the module."""
    for node, deferred, typing in _walk(module.tree, deferred=False, typing=False):
        for target in _targets(node, module):
            yield Import(module.name, target, node.lineno, deferred, typing)


def _walk(node: ast.AST, *, deferred: bool, typing: bool) -> Iterator[tuple[ast.stmt, bool, bool]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child, deferred, typing
        inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        guard = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
        yield from _walk(child, deferred=deferred or inside, typing=typing or guard)


def _targets(node: ast.stmt, module: Module) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names if alias.name.split(".")[0] == PACKAGE)
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, f"{module.place}:{node.lineno}: imports are absolute"
        if node.module is not None and node.module.split(".")[0] == PACKAGE:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in sources() else node.module


def functions(module: Module) -> Iterator[Function]:
    """Every function of the module, inner ones too."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            given = [*node.args.posonlyargs, *node.args.args]
            named = [argument for argument in given if argument.arg not in ("self", "cls")]
            yield Function(
                f"{module.place}:{node.lineno} {node.name}", _lines(node), _depth(node.body), len(named)
            )


def _lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    docstring = node.body[:1] if ast.get_docstring(node) is not None else []
    return _span(node) - sum(map(_span, docstring))


def _span(node: ast.stmt) -> int:
    assert node.end_lineno is not None, "parsed from text"
    return node.end_lineno - node.lineno + 1


BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match)


def _depth(body: list[ast.stmt]) -> int:
    """How many blocks stand in each other; an elif is beside its if, an inner function starts anew."""
    return max((_depth_of(statement) for statement in body), default=0)


def _depth_of(statement: ast.stmt) -> int:
    if not isinstance(statement, BLOCKS):
        return 0
    inner = [child for child in ast.iter_child_nodes(statement) if isinstance(child, ast.stmt)]
    for child in ast.iter_child_nodes(statement):
        if isinstance(child, ast.ExceptHandler | ast.match_case):
            inner.extend(child.body)
    if (
        isinstance(statement, ast.If)
        and len(statement.orelse) == 1
        and isinstance(statement.orelse[0], ast.If)
    ):
        inner.remove(statement.orelse[0])
        return max(1 + _depth(inner), _depth_of(statement.orelse[0]))
    return 1 + _depth(inner)


@cache
def files() -> tuple[Path, ...]:
    """Every file of the repository that a person wrote, ignored ones left out."""
    named = [name for name in _listed() if not name.startswith(GENERATED)]
    return tuple(path for name in named if (path := ROOT / name).is_file())


def _listed() -> list[str]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)
    return [name for name in found.stdout.split("\0") if name]
