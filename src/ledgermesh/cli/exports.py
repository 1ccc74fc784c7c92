"""The operation files for other programs: a Postman collection, and a manifest of documents that may be trusted."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any, Final

from graphql import GraphQLError, OperationDefinitionNode, get_operation_ast, parse

from ledgermesh.edge.documents import MANIFEST, sha256
from ledgermesh.errors import ConfigurationError
from ledgermesh.playground import Example

POSTMAN: Final = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
VARIABLES: Final = (
    ("url", "http://127.0.0.1:8000", "Address of the gateway; this is the demo's."),
    ("key", "lm_demo_read", "API key; this is one of the demo's."),
    ("company", "grand-tour", "Account key of the company that is asked about."),
)


def postman(examples: Iterable[Example]) -> str:
    """A collection of the format 2.1: a request for each operation, in a folder for each group."""
    items: list[dict[str, Any]] = []
    for group, members in groupby(examples, key=lambda each: each.group):
        requests = [_request(each) for each in members]
        items += requests if group is None else [{"name": group, "item": requests}]
    return _text(
        {
            "info": {
                "_postman_id": str(uuid.uuid5(uuid.NAMESPACE_URL, "ledgermesh/schema/operations")),
                "name": "ledgermesh",
                "description": "Every operation of schema/operations. Set `url`, `key` and `company`.",
                "schema": POSTMAN,
            },
            "item": items,
            "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{key}}", "type": "string"}]},
            "variable": [
                {"key": key, "value": value, "type": "string", "description": said}
                for key, value, said in VARIABLES
            ],
        }
    )


def _request(example: Example) -> dict[str, Any]:
    variables = json.dumps(example.variables, indent=2, ensure_ascii=False) if example.variables else ""
    return {
        "name": example.name.rpartition("/")[2],
        "request": {
            "method": "POST",
            "description": example.description,
            "header": [
                {"key": "Accept", "value": "application/graphql-response+json"},
                {"key": "X-Account-Key", "value": "{{company}}"},
            ],
            "body": {"mode": "graphql", "graphql": {"query": example.query, "variables": variables}},
            "url": {"raw": "{{url}}/graphql", "host": ["{{url}}"], "path": ["graphql"]},
        },
        "response": [],
    }


def manifest(examples: Iterable[Example]) -> str:
    """A manifest in the form of Apollo's tools; `documents.trusted` of the settings takes it."""
    return _text({"format": MANIFEST, "version": 1, "operations": [_operation(each) for each in examples]})


def _operation(example: Example) -> dict[str, str]:
    node = _named(example)
    assert node.name is not None, "it was looked for"
    return {
        "id": sha256(example.query),
        "name": node.name.value,
        "type": node.operation.value,
        "body": example.query,
    }


def _named(example: Example) -> OperationDefinitionNode:
    """The only operation of a file; raises ConfigurationError for a file without one that has a name."""
    try:
        node = get_operation_ast(parse(example.query, no_location=True))
    except GraphQLError as error:
        raise ConfigurationError(f"operations/{example.name}.graphql: {error.message}") from error
    if node is None or node.name is None:
        raise ConfigurationError(f"operations/{example.name}.graphql: give it one operation, with a name")
    return node


def exports(examples: Iterable[Example], records: Mapping[str, str]) -> Mapping[str, str]:
    """Both by the names of their files; `records` are the operations of the kinds as the code makes them."""
    fresh = [_fresh(each, records) for each in examples]
    return {"ledgermesh.postman_collection.json": postman(fresh), "trusted-documents.json": manifest(fresh)}


def _fresh(example: Example, records: Mapping[str, str]) -> Example:
    folder, _, name = example.name.rpartition("/")
    text = records.get(f"{name}.graphql") if folder == "records" else None
    return example if text is None else Example(
        name=example.name, description=example.description, query=text, variables=example.variables, group=example.group
    )  # fmt: skip


def _text(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
