"""The tools: what each takes, and what it does with the gateway that it asks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    get_operation_ast,
    parse,
    validate,
)
from msgspec import Struct

from ledgermesh.edge.mcp.asking import Asking
from ledgermesh.edge.mcp.operations import Operation
from ledgermesh.edge.mcp.output import compact
from ledgermesh.edge.mcp.planning import Plans, is_mutation, planning, plans
from ledgermesh.edge.mcp.showing import DEPTH_MAX, told
from ledgermesh.edge.mcp.words import Entry, find
from ledgermesh.errors import BadInput, NotFound, TooCostly
from ledgermesh.graph.limits.values import DocumentLimits

FOUND, FOUND_MAX = 20, 100
TOKENS_MAX: Final = DocumentLimits().tokens
COMMIT: Final = "commit"
WRITE: Final = "api.write"

EXPLAIN: Final = (
    "query Explain($query: String!, $variables: JSON, $operationName: String) { explain(query: $query, "
    "variables: $variables, operationName: $operationName) { points pointsMax calls callsMax refused "
    "estimate { least likely most } sources { connection provider calls { least likely most } } } }"
)
SEND: Final = (
    "mutation Commit($planToken: String!, $input: JSON, $passthrough: JSON) { commit(planToken: $planToken, "
    "input: $input, passthrough: $passthrough, sync: PUSH_AND_WAIT) { mode clientKey syncId sources { "
    "connection { id } status evidence sent { method path status upstreamRequestId } residue { method path nativeId } "
    "error { code message path remedy retryable providerMessage difference { path before asked now } } "
    "record { id source { nativeId version } } } } }"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of the gateway that is asked."""

    schema: GraphQLSchema
    entries: tuple[Entry, ...]
    operations: Mapping[str, Operation]
    plans: Plans


class Caller(Struct, frozen=True):
    """Who calls a tool, and the way to the gateway in their name."""

    asking: Asking
    owner: str
    """What tells this caller from others."""


Run = Callable[[Known, Caller, Mapping[str, Any]], Awaitable[str]]


class Tool(Struct, frozen=True, kw_only=True):
    """One tool that is always there."""

    description: str
    takes: Mapping[str, Any]
    """JSON Schema."""
    run: Run


def _object(required: tuple[str, ...] = (), /, **properties: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    return found | ({"required": list(required)} if required else {})


def _text(arguments: Mapping[str, Any], name: str) -> str:
    value = arguments.get(name)
    if not isinstance(value, str) or not value.strip():
        raise BadInput(f"`{name}` is missing, or is not text", details={"field": name})
    return value


def _number(arguments: Mapping[str, Any], name: str, default: int, most: int) -> int:
    value = arguments.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise BadInput(f"`{name}` is a number from 1 to {most}", details={"field": name})
    return value


def _variables(arguments: Mapping[str, Any]) -> dict[str, Any]:
    value = arguments.get("variables") or {}
    if not isinstance(value, dict):
        raise BadInput("`variables` is not an object", details={"field": "variables"})
    return value


def _named(arguments: Mapping[str, Any]) -> str | None:
    return _text(arguments, "operationName") if arguments.get("operationName") is not None else None


async def search(known: Known, caller: Caller, arguments: Mapping[str, Any]) -> str:
    """Parts of the schema and operations by words."""
    words = _text(arguments, "words")
    found = find(known.entries, words, _number(arguments, "first", FOUND, FOUND_MAX))
    return (
        "\n".join(each.line for each in found) or f"nothing in the schema is called or described so: {words}"
    )


async def introspect(known: Known, caller: Caller, arguments: Mapping[str, Any]) -> str:
    """A type with its fields."""
    name = _text(arguments, "name")
    found = told(known.schema, name, _number(arguments, "depth", 1, DEPTH_MAX))
    if found is None:
        raise NotFound(f"the schema has no {name!r}; find names with `search`", details={"field": "name"})
    return found


async def check(known: Known, caller: Caller, arguments: Mapping[str, Any]) -> str:
    """Whether a document can be run, and what it would cost."""
    text, variables = _text(arguments, "query"), _variables(arguments)
    asked = {"query": text, "variables": variables, "operationName": _named(arguments)}
    answer = await caller.asking.ask(EXPLAIN, asked)
    if (answer.get("data") or {}).get("explain") is not None:
        return compact({"valid": True, "cost": answer["data"]["explain"]})
    # The gateway has held its limits of documents, so what is looked at closer here is small.
    return compact({"valid": False, "errors": _wrong(known.schema, text) or answer["errors"]})


def _wrong(schema: GraphQLSchema, text: str) -> list[dict[str, Any]]:
    if len(text.encode()) > DocumentLimits().document_bytes:
        return []
    try:
        document = parse(text, max_tokens=TOKENS_MAX)
        errors = validate(schema, document, max_errors=20)
    except GraphQLError as error:
        errors = [error]
    return [
        {
            "message": each.message,
            "locations": [{"line": place.line, "column": place.column} for place in each.locations or ()],
        }
        for each in errors
    ]


async def execute(known: Known, caller: Caller, arguments: Mapping[str, Any]) -> str:
    """Run a query, or plan a mutation."""
    text, variables, name = _text(arguments, "query"), _variables(arguments), _named(arguments)
    document = _parsed(text)
    node = get_operation_ast(document, name)
    if node is None:
        raise BadInput("which operation? Give `operationName`.", details={"field": "operationName"})
    return await run(known, caller, text, document, node, variables)


def _parsed(text: str) -> DocumentNode:
    """The document. What cannot be read here is not sent either: it could hold a mutation that does more than plan."""
    limit = DocumentLimits().document_bytes
    if len(text.encode()) > limit:
        raise TooCostly(f"The document has {len(text.encode()):,} bytes; the limit is {limit:,}.")
    try:
        return parse(text, no_location=True, max_tokens=TOKENS_MAX)
    except (GraphQLError, RecursionError) as error:
        raise BadInput(f"the document cannot be read: {error}", details={"field": "query"}) from error


async def run(
    known: Known, caller: Caller, text: str, document: DocumentNode, node: OperationDefinitionNode,
    variables: Mapping[str, Any],
) -> str:  # fmt: skip
    """Run this operation of the document: a query as it stands, a mutation as a plan that is remembered."""
    name = node.name.value if node.name is not None else None
    if not is_mutation(node):
        return compact(await caller.asking.ask(text, variables, name))
    plan = planning(known.schema, document, node, variables)
    answer = await caller.asking.ask(plan.text, variables, name)
    found = plans(answer, plan.names)
    known.plans.keep(caller.owner, found)
    errors = answer.get("errors")
    return compact({"plans": found} | ({"errors": errors} if errors else {}))


async def send(caller: Caller, arguments: Mapping[str, Any]) -> str:
    """Carry out a plan; whoever calls this has the approval."""
    return compact(
        await caller.asking.ask(
            SEND, {k: v for k, v in arguments.items() if k in ("planToken", "input", "passthrough")}
        )
    )


QUERY = {"type": "string", "description": "A GraphQL document."}
VARIABLES = {"type": "object", "description": "Its variables."}
NAME = {"type": "string", "description": "Which of its operations, where there are several."}

TOOLS: Final[Mapping[str, Tool]] = {
    "search": Tool(
        description="Find types, fields and enum values of the schema by words, best first, one line each.",
        takes=_object(
            ("words",),
            words={"type": "string", "description": "Words of a name or of a description."},
            first={"type": "integer", "minimum": 1, "maximum": FOUND_MAX, "default": FOUND},
        ),
        run=search,
    ),
    "introspect": Tool(
        description="A type of the schema with its fields, their arguments and descriptions.",
        takes=_object(
            ("name",),
            name={"type": "string", "description": "A type, or Type.field for the type that a field gives."},
            depth={"type": "integer", "minimum": 1, "maximum": DEPTH_MAX, "default": 1},
        ),
        run=introspect,
    ),
    "validate": Tool(
        description="Whether a document can be run, with its errors, or what it would cost: points and calls.",
        takes=_object(("query",), query=QUERY, variables=VARIABLES, operationName=NAME),
        run=check,
    ),
    "execute": Tool(
        description="Run a query over the books. A mutation is only planned: nothing is sent.",
        takes=_object(("query",), query=QUERY, variables=VARIABLES, operationName=NAME),
        run=execute,
    ),
}
COMMITTING: Final = _object(
    ("planToken",),
    planToken={"type": "string", "description": "Of a plan that was made here."},
    input={"type": "object", "description": "The mutation's input again, where the gateway asks for it."},
    passthrough={"type": "object", "description": "options.passthrough again, with `input`."},
    approve={"type": "boolean", "description": "Where nobody can be asked: that the plan was approved."},
)
