"""The commands that print what the code says: providers, schema, layers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from ledgermesh.app import operations
from ledgermesh.cli.config import settings_schema
from ledgermesh.cli.exports import exports
from ledgermesh.errors import ConfigurationError
from ledgermesh.graph.coverage import coverage
from ledgermesh.graph.kinds import NAMES
from ledgermesh.graph.operations import record_operations
from ledgermesh.graph.schema import make_schema
from ledgermesh.metrics.dashboard import dashboard
from ledgermesh.playground import read_examples
from ledgermesh.providers import discover
from ledgermesh.upstream.stack import LINES

FOLDER = Path("schema")


def providers() -> None:
    """Print what each provider can do."""
    typer.echo(coverage(discover(NAMES)))


def printed() -> Mapping[str, str]:
    """What is committed below `schema/` and follows from the code, by its path there."""
    made = make_schema()
    records = record_operations(made.inner)
    return {
        "schema.graphql": made.as_str() + "\n",
        "subgraph.graphql": made.subgraph,
        "COVERAGE.md": coverage(discover(NAMES)),
        "ledgermesh.schema.json": settings_schema(),
        **exports(read_examples(operations()), records),
        "grafana.json": dashboard(),
        **{f"operations/records/{name}": text for name, text in records.items()},
    }


def schema(
    folder: Annotated[Path, typer.Option(help="Where the files are.")] = FOLDER,
    *,
    check: Annotated[bool, typer.Option("--check", help="Only compare; exit 1 when they differ.")] = False,
) -> None:
    """Write the files of the folder schema that are made of the code: schemas, coverage, operations, exports."""
    files = printed()
    if not folder.is_dir():
        raise ConfigurationError(f"{folder}: there is no such folder; run this at the top of a checkout")
    stale = []
    for name, text in files.items():
        path = folder / name
        if check and (not path.exists() or path.read_text(encoding="utf-8") != text):
            stale.append(str(path))
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if stale:
        typer.echo(f"not as the code prints: {', '.join(stale)}; run `ledgermesh schema`", err=True)
        raise typer.Exit(1)


def layers() -> None:
    """Print the layers a call to a provider passes, in their order."""
    for name, line in LINES:
        typer.echo(f"{name:<10} {line}")
