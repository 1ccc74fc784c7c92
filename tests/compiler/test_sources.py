"""The generated code of our own operations, kept so that it can be read: of the example operations, and of a provider's
documents. `LEDGERMESH_REWRITE=1 uv run pytest tests/compiler/test_sources.py` writes the files again.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import get_named_type, is_leaf_type, parse

from ledgermesh.compiler.arguments import NOTHING
from ledgermesh.compiler.extension import Compiler, Request
from ledgermesh.compiler.plan import Level, operation_of, plan
from ledgermesh.graph.compiled import options_for
from ledgermesh.graph.fused import _Writer, fuse
from ledgermesh.graph.fused_paths import Unusual
from ledgermesh.graph.schema import make_schema
from tests.contract.known import PROVIDERS

SOURCES = Path(__file__).parent / "sources"
OPERATIONS = Path(__file__).parents[2] / "schema" / "operations"
EXAMPLES = ("newest-invoices", "invoice-details", "several-companies", "statements")
FUSED = ("kashoo", "smallinvoice")
INVOICE = """{ company(key: "a") { invoices(first: 1) { nodes {
  number date dueDate status total { amount currency } memo
  lines { lineNumber description quantity unitPrice { amount currency } net { amount } } } } } }"""

SCHEMA = make_schema()
OPTIONS = options_for(SCHEMA)


def kept(name: str, source: str) -> str:
    """What is kept of it, written anew where that is wanted."""
    path = SOURCES / f"{name}.txt"
    if os.environ.get("LEDGERMESH_REWRITE"):
        path.write_text(source)
    return path.read_text()


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_operations_are_compiled_to_what_was_read(name: str) -> None:
    """The code of an example changes only where somebody sees it."""
    text = (OPERATIONS / f"{name}.graphql").read_text()
    compiler = Compiler(SCHEMA.inner, clock=lambda: 0.0, options=OPTIONS)

    found = compiler.find(Request(text=text, document=parse(text), variables=variables_of(text)))

    assert kept(f"example_{name}", found.source) == found.source


def variables_of(text: str) -> dict[str, Any]:
    """Values for those that are needed."""
    needed = {
        "$keys: [ID!]": ("keys", ["a"]),
        "$from: Date!": ("from", "2026-01-01"),
        "$to: Date!": ("to", "2026-02-01"),
    }
    return dict(pair for said, pair in needed.items() if said in text)


def invoices(text: str = INVOICE) -> Level:
    """Invoices at their place in a query."""
    document = parse(text)
    found = plan(SCHEMA.inner, document, operation_of(document, None), NOTHING, OPTIONS)
    return next(level for level in found.levels if level.type.name == "Invoice")


@pytest.mark.parametrize("provider", FUSED)
def test_a_providers_documents_are_written_by_what_was_read(provider: str) -> None:
    """The function that writes an invoice straight from a provider's document."""
    [resource] = [each for each in PROVIDERS[provider].resources if each.kind == "Invoice"]

    source = "\n".join(_Writer(OPTIONS).function(invoices(), resource.fields.wires)) + "\n"

    assert kept(f"fused_{provider}_invoice", source) == source


def test_documents_in_their_shape_are_written_by_what_was_read() -> None:
    """The same of a document that was decoded in its shape."""
    [resource] = [each for each in PROVIDERS["bossinsights"].resources if each.kind == "Invoice"]
    shape = resource.shape("")
    assert shape is not None

    for verbatim, name in ((False, "shaped"), (True, "verbatim")):
        document = shape.document(verbatim=verbatim)
        source = "\n".join(_Writer(OPTIONS).function(invoices(), resource.fields.wires, document)) + "\n"

        assert kept(f"fused_bossinsights_invoice_{name}", source) == source


SINGLY = (
    "customFields { name }",
    "lines { taxes { rate } }",
    "taxBreakdown { rate }",
    "attachments { name }",
)
"""Parts that a provider's quirk makes: with one of them an invoice may be read field by field."""


def selections() -> Iterator[str]:
    """Each field of an invoice that has no resolver, with the values of its parts; each field of its lines as well."""
    for prefix, name in (("", "Invoice"), ("lines", "DocumentLine")):
        type: Any = SCHEMA.inner.type_map[name]
        for key, field in type.fields.items():
            inner: Any = get_named_type(field.type)
            if is_leaf_type(inner):
                found = key
            elif field.args or "nodes" in inner.fields or key == "lines":
                continue
            else:
                leaf = next(
                    each for each, below in inner.fields.items() if is_leaf_type(get_named_type(below.type))
                )
                found = f"{key} {{ {leaf} }}"
            yield f"{prefix} {{ {found} }}" if prefix else found


def fused(selection: str, wires: Any) -> bool:
    """Whether it is written in one go, or has fields that are loaded: those stand by themselves."""
    level = invoices(f'{{ company(key: "a") {{ invoices(first: 1) {{ nodes {{ {selection} }} }} }} }}')
    if fuse(level, OPTIONS) is None:
        return True
    try:
        list(_Writer(OPTIONS).function(level, wires))
    except Unusual:
        return False
    return True


def test_what_makes_an_invoice_slow_is_known() -> None:
    """Every field that people usually ask for is written in one go, at every provider; these are not everywhere."""
    slow = {
        selection
        for provider in PROVIDERS.values()
        for resource in provider.resources
        if resource.kind == "Invoice"
        for selection in selections()
        if not fused(selection, resource.fields.wires)
    }

    assert {each.split()[0] for each in slow} <= {each.split()[0] for each in SINGLY}, slow
    assert {each for each in slow if each.startswith("lines")} == {"lines { taxes { code } }"}
