"""Changes as a caller of GraphQL writes them: mutations by kind and verb, values as the inputs' JSON."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from typing import Any

from ledgermesh.engine.change import By
from ledgermesh.graph.kinds import BY_NAME
from ledgermesh.graph.writes.inputs import input_name
from ledgermesh.model.mapped import graphql_name
from ledgermesh.model.money import Money
from ledgermesh.spec.write import File, WriteVerb

PLAN = """{
  planToken
  sources { status error { code message path } plan {
    findings { code path message } steps { method url headers { name value } body bodyBytes }
  } }
}"""
ABOUT = {
    "CREATE": ("$company: ID", "company: $company"),
    "IMPORT": ("$company: ID, $connection: ID!", "company: $company, connection: $connection"),
    "UPDATE_MANY": ("", ""),
}
"""What is written to, of what is no record yet; several records stand in the input."""
NATURAL = {"display_name": "name", "company_name": "name", "full_name": "name"}


def as_json(value: Any) -> Any:
    """A value of a change in JSON, by the names of GraphQL."""
    match value:
        case By():
            return _reference(value)
        case Money():
            return {"amount": str(value.amount), "currency": value.currency}
        case File():
            content = base64.b64encode(value.body).decode()
            return {"name": value.name, "contentType": value.content_type, "base64": content}
        case Mapping():
            return {graphql_name(name): as_json(each) for name, each in value.items()}
        case tuple() | list():
            return [as_json(each) for each in value]
        case Enum():
            return value.name
        case Decimal():
            return str(value)
        case dt.date():
            return value.isoformat()
    return value


def _reference(by: By) -> dict[str, Any]:
    if by.native_id is not None:
        return {"nativeId": by.native_id}
    return {**{NATURAL.get(name, name): text for name, text in by.key.items()}, "create": by.create}


def mutation(kind: str, verb: WriteVerb) -> str:
    """The operation that plans this change; its variables are `id` or `company`, `input` and `options`."""
    name, takes = _name(kind, verb), input_name(kind, verb)
    about, said = ABOUT.get(verb, ("$id: ID!", "id: $id"))
    if takes is not None:
        about, said = f"{about} $input: {takes}!", f"{said} input: $input"
    return f"mutation({about} $options: WriteOptions) {{ {name}({said} options: $options) {PLAN} }}"


def _name(kind: str, verb: WriteVerb) -> str:
    if verb == "IMPORT":
        return "importBankStatement"
    if verb == "UPDATE_MANY":
        return "updateRecords"
    one = {"SEND": "document", "UNPROCESS": "record"}.get(verb, BY_NAME[kind].one)
    return "setStatus" if verb == "SET_STATUS" else graphql_name(f"{verb.lower()}_{one}")
