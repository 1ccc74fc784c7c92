"""Every mutation of records, made from the table of kinds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import Parameter, Signature
from typing import Annotated, Any, Optional

import strawberry

from ledgermesh.graph.freshness import Info
from ledgermesh.graph.kinds import BY_NAME, Kind
from ledgermesh.graph.writes.inputs import (
    FileInput,
    Reference,
    action_input,
    create_input,
    part_input,
    update_input,
)
from ledgermesh.graph.writes.options import WriteOptions
from ledgermesh.graph.writes.payloads import WritePayload
from ledgermesh.graph.writes.verbs import IMPORTED, PAID, SENT, VOIDED, WORDS, WRITTEN, of_kinds
from ledgermesh.graph.writes.writing import Task, alter, make
from ledgermesh.model import declare
from ledgermesh.model.banking import Category
from ledgermesh.model.enums import DocumentKind
from ledgermesh.spec.write import WriteVerb

PLAN = "Only the plan, unless `options` or headers say push."

Arguments = Mapping[str, tuple[Any, Any]]
"""Python name of an argument → its annotation and its default; Parameter.empty for none."""

REQUIRED: Any = Parameter.empty


def _argument(hint: Any, description: str) -> Any:
    return Annotated[hint, strawberry.argument(description=description)]


OPTIONS = {"options": (_argument(Optional[WriteOptions], "How it is to go."), None)}
COMPANY = {
    "company": (
        _argument(Optional[strawberry.ID], "Account key; else by the header X-Account-Key."),
        None,
    )
}


def _id(what: str) -> dict[str, tuple[Any, Any]]:
    return {"id": (_argument(strawberry.ID, f"Global id of the {what}."), REQUIRED)}


def _input(hint: Any, *, needed: bool = True) -> dict[str, tuple[Any, Any]]:
    about = "What to write."
    return {
        "input": (_argument(hint, about), REQUIRED) if needed else (_argument(Optional[hint], about), None)
    }


def _field(resolve: Callable[..., Any], description: str, arguments: Arguments) -> Any:
    gives: Any = Optional[WritePayload]
    parameters = [
        Parameter("self", Parameter.POSITIONAL_OR_KEYWORD),
        Parameter("info", Parameter.POSITIONAL_OR_KEYWORD, annotation=Info),
        *(
            Parameter(name, Parameter.KEYWORD_ONLY, annotation=annotation, default=default)
            for name, (annotation, default) in arguments.items()
        ),
    ]
    made: Any = resolve
    made.__signature__ = Signature(parameters, return_annotation=gives)
    made.__annotations__ = {
        "info": Info,
        "return": gives,
        **{name: annotation for name, (annotation, _) in arguments.items()},
    }
    return declare.mutation(description=f"{description} {PLAN}")(made)


def _make(kind: str, verb: WriteVerb, description: str, arguments: Arguments) -> Any:
    """A mutation that makes records."""

    async def resolve(self: Any, info: Info, **given: Any) -> Any:
        task = Task(kinds=(kind,), verb=verb, given=given["input"], options=given["options"])
        return await make(info.context, task, given["company"], given.get("connection"))

    return _field(resolve, description, arguments)


def _alter(kinds: tuple[str, ...], verb: WriteVerb, description: str, arguments: Arguments) -> Any:
    """A mutation of a record that is there."""

    async def resolve(self: Any, info: Info, **given: Any) -> Any:
        task = Task(kinds=kinds, verb=verb, given=given.get("input") or {}, options=given["options"])
        return await alter(info.context, task, given["id"])

    return _field(resolve, description, arguments)


def _create(kind: Kind, text: str) -> Any:
    return _make(kind.name, "CREATE", text, COMPANY | _input(create_input(kind.type)) | OPTIONS)


def _of_kind(kind: Kind) -> dict[str, Any]:
    name, many = kind.name, kind.what[0].lower() + kind.what[1:]
    update = _id(name) | _input(update_input(kind.type)) | OPTIONS
    return {
        f"create_{kind.one}": _create(kind, f"A new {name}: {many}."),
        f"update_{kind.one}": _alter((name,), "UPDATE", f"Change a {name}; what is left out stays.", update),
        f"delete_{kind.one}": _alter((name,), "DELETE", f"Remove a {name}.", _id(name) | OPTIONS),
    }


def _actions() -> dict[str, Any]:
    """What is done to records beside creating, updating and deleting."""
    any_ = tuple(kind.name for kind in WRITTEN)
    found = {
        f"void_{kind.one}": _alter(
            (kind.name,),
            "VOID",
            f"Keep a {kind.name}, and let it count for nothing.",
            _id(kind.name) | OPTIONS,
        )
        for kind in of_kinds(VOIDED)
    }
    for kind in of_kinds(PAID):
        paid = _id(kind.name) | _input(action_input("PAY"), needed=False) | OPTIONS
        text = f"Settle a {kind.name} by a payment; all that is open by default."
        found[f"pay_{kind.one}"] = _alter((kind.name,), "PAY", text, paid)
    sent = _id("document") | _input(action_input("SEND"), needed=False) | OPTIONS
    status = _id("record") | _input(action_input("SET_STATUS")) | OPTIONS
    return found | {
        "send_document": _alter(SENT, "SEND", f"Have the provider send one of {', '.join(SENT)}.", sent),
        "set_status": _alter(any_, "SET_STATUS", "Move a record through the provider's own states.", status),
        "unprocess_record": _alter(
            any_, "UNPROCESS", "Take a record back into the provider's inbox.", _id("record") | OPTIONS
        ),
    }


def _special() -> dict[str, Any]:
    """Mutations with a name or arguments of their own."""
    connection = _argument(strawberry.ID, "Where to: a connection by id, or a provider there is one of.")
    statement = COMPANY | {"connection": (connection, REQUIRED)} | _input(action_input("IMPORT")) | OPTIONS
    return {
        "log_expense": _create(BY_NAME["Expense"], "Log an expense: the same as `createExpense`."),
        "import_bank_statement": _make(
            IMPORTED, "IMPORT", f"{WORDS['IMPORT'].title()} a bank statement.", statement
        ),
        "categorize_bank_transaction": _categorize(),
        "upload_document": _upload(),
    }


def _categorize() -> Any:
    async def resolve(self: Any, info: Info, id: str, options: WriteOptions | None, **given: Any) -> Any:
        said = {name: each for name, each in given.items() if each is not None}
        task = Task(kinds=(IMPORTED,), verb="UPDATE", given=said, options=options)
        return await alter(info.context, task, id)

    category: Any = part_input(Category)
    arguments = {
        "category": (_argument(category, "What it is booked to."), REQUIRED),
        "notes": (_argument(Optional[str], "Text; left as it is where none is given."), None),
    }
    return _field(
        resolve, "Say what a line of a bank statement is booked to.", _id(IMPORTED) | arguments | OPTIONS
    )


def _upload() -> Any:
    async def resolve(
        self: Any, info: Info, company: str | None, options: WriteOptions | None, **given: Any
    ) -> Any:
        said = {name: each for name, each in given.items() if each is not None}
        task = Task(kinds=("Document",), verb="CREATE", given=said, options=options)
        return await make(info.context, task, company)

    arguments = {
        "file": (_argument(FileInput, "The file."), REQUIRED),
        "name": (_argument(Optional[str], "Its name; that of the file by default."), None),
        "kind": (_argument(Optional[DocumentKind], "What it is."), None),
        "transaction": (
            _argument(Optional[Reference], "The line of a bank statement that it is about."),
            None,
        ),
    }
    return _field(resolve, "Hand a document over to the provider.", COMPANY | arguments | OPTIONS)


def _made() -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for kind in WRITTEN:
        fields |= _of_kind(kind)
    return fields | _actions() | _special()


RecordMutations = declare.object_type()(type("RecordMutations", (), {"__annotations__": {}, **_made()}))
