"""The generated code, kept so that it can be read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from graphql import parse, validate

from ledgermesh.compiler.extension import Compiler, Request
from tests.compiler.world import make_schema, options

SOURCES = Path(__file__).parent / "sources"
DOCUMENTS = {
    "leaves": "{ listing { total nodes { id number status due total { amount currency } } } }",
    "relations": (
        "query($first: Int!) { invoices(first: $first)"
        " { party { name parent { name } } payments(first: 1) { on } lines { text item { name } } } }"
    ),
    "kinds": "{ documents { __typename id ... on Bill { reference } } either { ... on Party { name } } }",
    "aliases": (
        "query($yes: Boolean!) { one: party { ...P } two: party { email @skip(if: $yes) ...P } }"
        " fragment P on Party { n: name address { lines } }"
    ),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_generated_code_is_what_was_read(name: str) -> None:
    """The code of an operation changes only where somebody sees it: LEDGERMESH_REWRITE=1 writes the file again."""
    schema, document = make_schema({}, "at once"), parse(DOCUMENTS[name])
    assert validate(schema, document) == []
    compiler = Compiler(schema, clock=lambda: 0.0, options=options(kinds_by_class=True))
    request = Request(text=DOCUMENTS[name], document=document, variables={"first": 2, "yes": True})

    source = compiler.find(request).source

    path = SOURCES / f"{name}.txt"
    if os.environ.get("LEDGERMESH_REWRITE"):
        path.write_text(source)
    assert path.read_text() == source
