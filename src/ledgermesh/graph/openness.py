"""How much the schema tells of itself, and to whom."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from graphql import DocumentNode, FieldNode, FragmentDefinitionNode, OperationDefinitionNode, SelectionSetNode
from msgspec import Struct

from ledgermesh.errors import Forbidden
from ledgermesh.state.minting import BROWSER_PREFIX
from ledgermesh.state.registry import Principal

INTROSPECTION: Final = frozenset(("__schema", "__type", "_service"))
"""`_service` tells routers the whole schema."""
NAMED: Final = re.compile(r"_(?:_schema|_type|service)\b")
SUGGESTION: Final = re.compile(r"\s*Did you mean [^?]*\?")
"""As graphql-core says it, behind what is wrong."""
ABOUT_DOCUMENTS: Final = frozenset(("GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"))


class Openness(Struct, frozen=True, kw_only=True):
    """What live keys are told where neither they nor their tenants say; sandbox keys are told everything then."""

    introspection: bool = True
    suggestions: bool = True

    def introspects(self, who: Principal) -> bool:
        """Whether this caller may ask about the schema."""
        return _first(who, (who.key.introspection, who.tenant.introspection), default=self.introspection)

    def suggests(self, who: Principal) -> bool:
        """Whether this caller's misspelt names are answered with those that look like them."""
        return _first(who, (who.key.suggestions, who.tenant.suggestions), default=self.suggestions)

    def refusal(self, who: Principal, document: DocumentNode, text: str) -> Forbidden | None:
        """Why a document that asks about the schema is not run; None where it is."""
        if NAMED.search(text) is None or self.introspects(who):
            return None
        if not any(name in INTROSPECTION for name in _names(document)):
            return None  # it stands in a text or a comment
        return Forbidden("this key may not ask about the schema (`__schema`, `__type`, `_service`)")

    def shown(self, who: Principal, errors: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The errors of an answer as this caller sees them."""
        return errors if self.suggests(who) else [_unhelpful(error) for error in errors]


def _first(who: Principal, said: tuple[bool | None, bool | None], *, default: bool) -> bool:
    """What the key says, else its tenant, else the settings."""
    of_key, of_tenant = said
    if of_key is not None:
        return of_key
    if who.key.hint == BROWSER_PREFIX:
        return False  # whoever opens the page has the token
    if of_tenant is not None:
        return of_tenant
    return default or who.key.environment == "sandbox"


def _unhelpful(error: dict[str, Any]) -> dict[str, Any]:
    if error["extensions"]["code"] not in ABOUT_DOCUMENTS:
        return error
    return {**error, "message": SUGGESTION.sub("", error["message"])}


def _names(document: DocumentNode) -> Iterator[str]:
    """The names of all fields, each selection looked at once."""
    waiting: list[SelectionSetNode] = [
        each.selection_set
        for each in document.definitions
        if isinstance(each, OperationDefinitionNode | FragmentDefinitionNode)
    ]
    while waiting:
        for selection in waiting.pop().selections:
            if isinstance(selection, FieldNode):
                yield selection.name.value
            inner = getattr(selection, "selection_set", None)
            if inner is not None:
                waiting.append(inner)
