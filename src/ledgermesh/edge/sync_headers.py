"""What headers may say about the writes of an operation, once it is known what the operation is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationType,
    SelectionSetNode,
    get_operation_ast,
    parse,
)

from ledgermesh.errors import BadInput
from ledgermesh.graph.question import Question

SPREADS_MAX: Final = 100
"""Fragments that are looked into; with more of them at the top a document is nothing that a person wrote."""


def check_write_headers(question: Question) -> None:
    """Raise BadInput for headers that this operation cannot mean.

    A key names one change, not several. A push runs when the request, and the caller's own token with it, is gone.
    """
    said = question.write_headers
    if said.push and question.tokens:
        raise _wrong(
            "X-Provider-Token", "lives no longer than its request: it cannot go with X-Sync-Data: push"
        )
    if said.client_key is not None and mutations(question.text, question.operation) > 1:
        raise _wrong(
            "Idempotency-Key", "names one change: give each of several mutations `options.clientKey`"
        )


def _wrong(name: str, message: str) -> BadInput:
    return BadInput(f"{name} {message}", details={"field": name})


def mutations(text: str, operation: str | None) -> int:
    """How many mutations an operation holds, also behind fragments and conditions; 0 for anything else.

    What cannot be parsed holds none, and says so when it is run.
    """
    try:
        document = parse(text)
    except GraphQLError:
        return 0
    found = get_operation_ast(document, operation)
    if found is None or found.operation is not OperationType.MUTATION:
        return 0
    return sum(1 for _ in _fields(found.selection_set, _fragments(document)))


def _fragments(document: DocumentNode) -> Mapping[str, FragmentDefinitionNode]:
    return {
        node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
    }


def _fields(top: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]) -> Iterator[FieldNode]:
    """The fields at the top of an operation; those of a fragment count once, however often it is spread."""
    waiting, seen = [top], set[str]()
    while waiting:
        for node in waiting.pop().selections:
            match node:
                case FieldNode():
                    yield node
                case InlineFragmentNode():
                    waiting.append(node.selection_set)
                case FragmentSpreadNode() if _new(node.name.value, fragments, seen):
                    waiting.append(fragments[node.name.value].selection_set)


def _new(name: str, fragments: Mapping[str, FragmentDefinitionNode], seen: set[str]) -> bool:
    """Whether a fragment is there and was not looked into yet; it is from now on."""
    if name in seen or name not in fragments or len(seen) >= SPREADS_MAX:
        return False
    seen.add(name)
    return True
