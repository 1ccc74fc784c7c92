"""What a caller would notice: breaking differences of two schemas, and whether the changelog announces them."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from graphql import (
    GraphQLSchema,
    find_breaking_changes,
    is_enum_type,
    is_input_object_type,
    is_interface_type,
    is_object_type,
)

NAME = re.compile(r"'?@?[A-Za-z_]\w*(?:\.\w+)*(?:\(\w+:\))?'?")
DEFAULT = "No longer supported"
DATED = re.compile(r"\b20\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])\b")


def unannounced(before: GraphQLSchema, after: GraphQLSchema, changelog: str) -> list[str]:
    """Breaking differences of which the unreleased section of the changelog names no coordinate."""
    told = unreleased(changelog)
    return [
        change.description
        for change in find_breaking_changes(before, after)
        if not any(f"`{coordinate}`" in told for coordinate in coordinates(change.description))
    ]


def coordinates(description: str) -> Iterator[str]:
    """Ways to name what changed: `Type`, `Type.field`, `Type.field(argument:)`, `@directive`; the closest first."""
    # graphql-core puts coordinates into its sentences: "Bill.total changed type from ...", "'Unit' was removed."
    found = [each.strip("'") for each in NAME.findall(description)]
    closest = [each for each in found if "." in each or each.startswith("@")]
    yield from closest
    if not closest:
        yield from (each for each in found if each[0].isupper())


def unreleased(changelog: str) -> str:
    """The lines below the newest heading that says Unreleased; empty where there is none."""
    parts = re.split(r"^## ", changelog, flags=re.MULTILINE)
    return next((part for part in parts if "unreleased" in part.partition("\n")[0].casefold()), "")


def undated(schema: GraphQLSchema) -> list[str]:
    """Deprecated parts whose reason says nothing, or not since when (`2026-11-30: use total`)."""
    return [where for where, reason in _deprecated(schema) if DEFAULT in reason or not DATED.search(reason)]


def _deprecated(schema: GraphQLSchema) -> Iterator[tuple[str, str]]:
    for name, type_ in schema.type_map.items():
        if name.startswith("__"):
            continue
        parts: Iterable[tuple[str, object]] = ()
        if is_enum_type(type_):
            parts = type_.values.items()
        elif is_object_type(type_) or is_interface_type(type_) or is_input_object_type(type_):
            parts = type_.fields.items()
        for part, told in parts:
            yield from _reasons(f"{name}.{part}", told)


def _reasons(where: str, told: object) -> Iterator[tuple[str, str]]:
    reason = getattr(told, "deprecation_reason", None)
    if reason is not None:
        yield where, reason
    for name, argument in getattr(told, "args", {}).items():
        yield from _reasons(f"{where}({name}:)", argument)


def tagged(root: Path, path: str) -> str | None:
    """A file as it was at the last tag that is behind this commit; None without git, without a tag or without it."""
    tag = _git(root, "describe", "--tags", "--abbrev=0")
    return _git(root, "show", f"{tag.strip()}:{path}") if tag else None


def _git(root: Path, *arguments: str) -> str | None:
    command = ["git", *arguments]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, check=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout
