"""The named operations of a folder and of the folders in it, as the playground's examples."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from ledgermesh.playground.config import Example


class ExampleError(ValueError):
    """An example that cannot be shown; the message names the file and the remedy."""


def read_examples(folder: Path) -> tuple[Example, ...]:
    """Every `<name>.graphql` of `folder` by name, then those of each folder in it, which is their group.

    The comment lines that open a file are the description. Variables, where an operation wants some,
    lie beside it in `<name>.variables.json`. Raises `ExampleError` for variables that are no JSON object.
    """
    groups = (inner for inner in sorted(folder.iterdir()) if inner.is_dir())
    return (
        *_members(folder, group=None),
        *(each for inner in groups for each in _members(inner, inner.name)),
    )


def _members(folder: Path, group: str | None) -> Iterator[Example]:
    for path in sorted(folder.glob("*.graphql")):
        query = path.read_text(encoding="utf-8")
        yield Example(
            name=path.stem if group is None else f"{group}/{path.stem}",
            description=_description(query),
            query=query,
            variables=_variables(path.with_suffix(".variables.json")),
            group=None if group is None else _title(group),
        )


def _title(name: str) -> str:
    """`write-back` becomes `Write back`."""
    words = name.replace("-", " ").replace("_", " ")
    return words[:1].upper() + words[1:]


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
