"""The named operations of a folder, as the playground's examples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from ledgermesh.playground.config import Example


class ExampleError(ValueError):
    """An example that cannot be shown; the message names the file and the remedy."""


def read_examples(folder: Path) -> tuple[Example, ...]:
    """Every `<name>.graphql` of `folder`, by name.

    The comment lines that open the file are the description. Variables, where an operation wants some,
    lie beside it in `<name>.variables.json`. Raises `ExampleError` for variables that are no JSON object.
    """
    return tuple(_read(path) for path in sorted(folder.glob("*.graphql")))


def _read(path: Path) -> Example:
    query = path.read_text(encoding="utf-8")
    return Example(path.stem, _description(query), query, _variables(path.with_suffix(".variables.json")))


def _description(query: str) -> str:
    lines: list[str] = []
    for line in query.splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.lstrip("#").strip())
    return " ".join(filter(None, lines))


def _variables(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except msgspec.DecodeError as problem:
        raise ExampleError(f"{path.name}: variables must be one JSON object ({problem})") from problem
