"""A document that is looked at before its limits are held: none that is larger than what is run."""

from __future__ import annotations

from typing import Final

from graphql import DocumentNode, GraphQLError, parse

from ledgermesh.graph.limits.values import DocumentLimits

TEXT_MAX: Final = DocumentLimits().document_bytes
TOKENS_MAX: Final = DocumentLimits().tokens


def early(text: str) -> DocumentNode | None:
    """The document, without its places; None where there is none, or where it is too large: running it says why."""
    if len(text) > TEXT_MAX:
        return None
    try:
        return parse(text, no_location=True, max_tokens=TOKENS_MAX)
    except (GraphQLError, RecursionError):
        return None
