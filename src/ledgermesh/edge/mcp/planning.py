"""Mutations as an agent may send them: plans only, told so that a person sees everything that would be sent."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from cachetools import LRUCache
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    get_named_type,
    parse,
    print_ast,
    value_from_ast_untyped,
)
from msgspec import Struct

from ledgermesh.errors import Forbidden

PLANS_MAX: Final = 256
"""Plans that are remembered; the one of longest ago goes first and has to be made again."""
BODY_CHARACTERS: Final = 2_000
SHOWN_CHARACTERS: Final = 12_000
ALIAS: Final = "ledgermeshPlan_"
"""Begins every name that is added to a mutation."""
ADDED: Final = (
    f"{{ {ALIAS}token: planToken {ALIAS}ends: expiresAt {ALIAS}key: clientKey {ALIAS}sources: sources {{ "
    "connection { id } status error { code message path remedy } plan { calls version "
    "steps { kind verb method url body bodyBytes repeat } loss { path reason } "
    "findings { code path message blocks } } } }"
)


class OnlyPlans(Forbidden):
    """Here a mutation plans and nothing else."""

    remedy = "Leave `sync` out to have it planned; then call the tool `commit` with the plan's planToken."


class Planning(Struct, frozen=True):
    """A mutation that only plans, as it is sent."""

    text: str
    names: tuple[str, ...]
    """Under which names its plans are answered."""


def planning(
    schema: GraphQLSchema, document: DocumentNode, node: OperationDefinitionNode, variables: Mapping[str, Any]
) -> Planning:
    """The mutation with everything asked for that a person has to see; raises OnlyPlans for what would do more."""
    given = {**_defaults(node), **variables}
    added = _selections(parse(ADDED, no_location=True))
    fields = list(_fields(node))
    for field in fields:
        _check(schema, field, given)
    mine = {id(field): _with(field, added) for field in fields}
    changed = OperationDefinitionNode(
        operation=node.operation,
        name=node.name,
        variable_definitions=node.variable_definitions,
        directives=node.directives,
        selection_set=SelectionSetNode(selections=tuple(mine[id(field)] for field in fields)),
    )
    rest = tuple(each for each in document.definitions if each is not node)
    text = print_ast(DocumentNode(definitions=(changed, *rest)))
    return Planning(text, tuple((field.alias or field.name).value for field in fields))


def _defaults(node: OperationDefinitionNode) -> dict[str, Any]:
    return {
        each.variable.name.value: value_from_ast_untyped(each.default_value)
        for each in node.variable_definitions or ()
        if each.default_value is not None
    }


def _selections(document: DocumentNode) -> tuple[Any, ...]:
    (only,) = document.definitions
    assert isinstance(only, OperationDefinitionNode), "it is ours"
    return tuple(only.selection_set.selections)


def _fields(node: OperationDefinitionNode) -> Iterator[FieldNode]:
    for each in node.selection_set.selections:
        if not isinstance(each, FieldNode):
            raise OnlyPlans("write the fields of a mutation at its top, without fragments")
        yield each


def _check(schema: GraphQLSchema, field: FieldNode, given: Mapping[str, Any]) -> None:
    """Raise OnlyPlans unless this field plans and does nothing more."""
    name = field.name.value
    mutation = schema.mutation_type
    known = mutation.fields.get(name) if mutation is not None else None
    if known is None or "options" not in known.args or get_named_type(known.type).name != "WritePayload":
        raise OnlyPlans(f"`{name}` takes effect at once; only mutations that can be planned run here")
    for argument in field.arguments or ():
        if argument.name.value == "options" and _pushes(value_from_ast_untyped(argument.value, dict(given))):
            raise OnlyPlans(f"`{name}` has options.sync, which would send it")


def _pushes(options: object) -> bool:
    return isinstance(options, Mapping) and options.get("sync") not in (None, "NONE")


def _with(field: FieldNode, added: tuple[Any, ...]) -> FieldNode:
    own = field.selection_set.selections if field.selection_set is not None else ()
    return FieldNode(
        alias=field.alias,
        name=field.name,
        arguments=field.arguments,
        directives=field.directives,
        selection_set=SelectionSetNode(selections=(*own, *added)),
    )


def is_mutation(node: OperationDefinitionNode) -> bool:
    """Whether an operation changes anything."""
    return node.operation is OperationType.MUTATION


# -- what came back ------------------------------------------------------------------------------------------------


def plans(answer: Mapping[str, Any], names: tuple[str, ...]) -> list[dict[str, Any]]:
    """The plans of an answer, each under the name of its mutation."""
    data = answer.get("data") or {}
    return [
        {
            "mutation": name,
            "planToken": found[f"{ALIAS}token"],
            "expiresAt": found[f"{ALIAS}ends"],
            "clientKey": found[f"{ALIAS}key"],
            "sources": found[f"{ALIAS}sources"],
        }
        for name in names
        if (found := data.get(name)) is not None
    ]


def told(plan: Mapping[str, Any]) -> str:
    """A plan as a person reads it before it is sent."""
    lines = [f"Send this change ({plan['mutation']}) to the books?"]
    for source in plan["sources"]:
        lines.extend(_source(source))
    text = "\n".join(lines)
    if len(text) > SHOWN_CHARACTERS:
        return f"{text[:SHOWN_CHARACTERS]}\n[{len(text) - SHOWN_CHARACTERS:,} characters more are not shown]"
    return text


def _source(source: Mapping[str, Any]) -> Iterator[str]:
    yield f"\n{source['connection']['id']}: {source['status']}"
    if source["error"] is not None:
        yield f"  not sent: {source['error']['message']}"
    plan = source["plan"]
    if plan is None:
        return
    for step in plan["steps"]:
        body = step["body"] or ("" if not step["bodyBytes"] else f"[{step['bodyBytes']:,} bytes]")
        cut = (
            body
            if len(body) <= BODY_CHARACTERS
            else f"{body[:BODY_CHARACTERS]} [cut: {len(body):,} characters]"
        )
        yield f"  {step['method']} {step['url']}\n    {cut}"
    yield from (f"  finding {each['code']}: {each['message']}" for each in plan["findings"])
    yield from (f"  lost {each['path']}: {each['reason']}" for each in plan["loss"])


class Plans:
    """The plans that were made here: only these can be approved, for what a person is shown has to be what is sent."""

    def __init__(self) -> None:
        self._kept: LRUCache[bytes, str] = LRUCache(PLANS_MAX)

    def keep(self, owner: str, found: list[dict[str, Any]]) -> None:
        """Remember the plans that this caller can commit."""
        for plan in found:
            if plan["planToken"] is not None:
                self._kept[_digest(owner, plan["planToken"])] = told(plan)

    def find(self, owner: str, token: str) -> str | None:
        """What a person is shown of a plan; None for one that was not made here by this caller."""
        return self._kept.get(_digest(owner, token))


def _digest(owner: str, token: str) -> bytes:
    """Neither a key nor a token is kept."""
    return hashlib.sha256(f"{owner}\0{token}".encode()).digest()


def approval(token: str) -> str:
    """The name of the approval of one plan: that of another is none."""
    return f"approve-{hashlib.sha256(token.encode()).hexdigest()[:16]}"
