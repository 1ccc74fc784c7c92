"""What the headers of a request say about its writes, and whether its operation can be meant by them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationType,
    SelectionSetNode,
    get_operation_ast,
)
from starlette.requests import Request

from ledgermesh.edge.incoming import fit, tracking_id
from ledgermesh.errors import BadInput
from ledgermesh.graph.limits.early import early
from ledgermesh.graph.question import Question
from ledgermesh.graph.writes.headers import NOTHING, WriteHeaders

SPREADS_MAX: Final = 100
"""Fragments that are looked into; with more of them at the top a document is nothing that a person wrote."""


NAMES: Final = frozenset(("x-sync-data", "x-sync-sources", "x-tracking-id", "idempotency-key"))


def write_headers(request: Request) -> WriteHeaders:
    """X-Sync-Data, X-Sync-Sources, X-Tracking-ID and Idempotency-Key; raises BadInput for one that cannot be meant."""
    if NAMES.isdisjoint(request.headers):
        return NOTHING
    return WriteHeaders(
        push=_push(request),
        sources=_sources(request),
        tracking_id=tracking_id(request),
        client_key=_key(request),
    )


def _push(request: Request) -> bool:
    given = request.headers.getlist("X-Sync-Data")
    if any(each.strip().casefold() != "push" for each in given):
        raise _wrong("X-Sync-Data", "is `push` or is not there")
    return bool(given)


def _sources(request: Request) -> tuple[str, ...]:
    given = request.headers.getlist("X-Sync-Sources")
    found = [name.strip() for line in given for name in line.split(",")]
    # Systems behind an aggregator may have names of several words.
    if not all(fit(name.replace(" ", "_")) for name in found):
        raise _wrong("X-Sync-Sources", "is names with commas between them, each 1 to 128 ASCII characters")
    return tuple(dict.fromkeys(found))


def _key(request: Request) -> str | None:
    given = request.headers.getlist("Idempotency-Key")
    if len(given) > 1 or not all(map(fit, given)):
        raise _wrong("Idempotency-Key", "is given once: 1 to 128 visible ASCII characters")
    return given[0] if given else None


def _wrong(name: str, message: str) -> BadInput:
    return BadInput(f"{name} {message}", details={"field": name})


# -- once it is known what the operation is -----------------------------------------------------------------


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


def mutations(text: str, operation: str | None) -> int:
    """How many mutations an operation holds, also behind fragments and conditions; 0 for anything else.

    What cannot be parsed, or is larger than any document that is run, holds none, and says so when it is run.
    """
    document = early(text)
    found = get_operation_ast(document, operation) if document is not None else None
    if document is None or found is None or found.operation is not OperationType.MUTATION:
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
