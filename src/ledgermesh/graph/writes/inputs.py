"""What callers give, as GraphQL inputs made from the model's own fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any, Final, Optional

import strawberry
from strawberry import UNSET
from strawberry.annotation import StrawberryAnnotation

from ledgermesh.graph.upload import Upload
from ledgermesh.model import declare
from ledgermesh.model.mapped import graphql_name
from ledgermesh.model.money import Money
from ledgermesh.spec.inputs import ACTIONS, FILE, Input, inputs_of
from ledgermesh.spec.write import WriteVerb

WHOLE_LIST: Final = (
    "The whole list: an element given with its `nativeId` is changed, one that is left out goes."
)
NAMED: Final = "PAY", "SEND", "SET_STATUS", "IMPORT"
"""Verbs with an input of their own."""
NEEDED: Final[Mapping[str, tuple[str, ...]]] = {"SET_STATUS": ("status",), "IMPORT": ("file",)}
"""What these cannot do without, whatever the provider."""


@declare.input_type(description="An exact amount of money.")
class MoneyInput:
    amount: Decimal = strawberry.field(description="Major units of the currency, exact.")
    currency: str | None = strawberry.field(
        default=UNSET, description="ISO 4217 code; the record's own currency where it is left out."
    )


@declare.input_type(
    description="Names another record: by `id`, by `nativeId`, or by a natural key that exactly one record has. "
    "Several parts of a natural key must all hold. Nothing is ever guessed."
)
class Reference:
    id: strawberry.ID | None = strawberry.field(default=UNSET, description="The record's global id.")
    native_id: str | None = strawberry.field(default=UNSET, description="The provider's own id.")
    code: str | None = strawberry.field(default=UNSET, description="Its code, of an account or an item.")
    number: str | None = strawberry.field(default=UNSET, description="The number that people know it by.")
    name: str | None = strawberry.field(default=UNSET, description="Its name, exactly.")
    email: str | None = strawberry.field(default=UNSET, description="Its e-mail address.")
    tax_number: str | None = strawberry.field(default=UNSET, description="Its tax number.")
    create: bool | None = strawberry.field(
        default=UNSET,
        description="Whether it is made first, with this natural key, where there is none; part of the same plan.",
    )


@declare.input_type(description="A file: as `upload`, or as `base64`.")
class FileInput:
    name: str | None = strawberry.field(
        default=UNSET, description="File name; that of the upload by default."
    )
    content_type: str | None = strawberry.field(
        default=UNSET, description="Media type; that of the upload by default."
    )
    base64: str | None = strawberry.field(default=UNSET, description="Its content, RFC 4648.")
    upload: Upload | None = strawberry.field(
        default=UNSET, description="Its content, sent beside the operation in a multipart request."
    )


@declare.input_type(description="A field that the company added itself.")
class CustomFieldInput:
    key: str = strawberry.field(description="The provider's key of the field.")
    value: str = strawberry.field(description="Its value as text.")


@cache
def create_input(model: Any) -> Any:
    """The input that makes a record of a kind."""
    text = f"What a new {model.__name__} is to be. What a provider needs, `capabilities` tells."
    return _record_input(f"{model.__name__}Create", model, text)


@cache
def update_input(model: Any) -> Any:
    """The input that changes a record of a kind."""
    text = f"What of this {model.__name__} is to change: what is left out stays, null clears."
    return _record_input(f"{model.__name__}Update", model, text)


@cache
def part_input(model: Any) -> Any:
    """The input for a part of a record."""
    about = model.__strawberry_definition__.description
    return _made(f"{model.__name__}Input", _fields(model, inputs_of(model)), about)


@cache
def action_input(verb: WriteVerb) -> Any:
    """The input of a verb that is the same for every kind."""
    name = f"{''.join(word.title() for word in verb.split('_'))}Input"
    needed = NEEDED.get(verb, ())
    return _made(name, _fields(None, ACTIONS[verb], needed), f"How to {verb.lower().replace('_', ' ')}.")


def input_name(kind: str, verb: WriteVerb) -> str | None:
    """The name of the input that a verb takes; None where it takes none."""
    if verb == "UPDATE_MANY":
        return "RecordsUpdate"
    if verb in ("CREATE", "UPDATE"):
        return f"{kind}{verb.title()}"
    return f"{''.join(word.title() for word in verb.split('_'))}Input" if verb in NAMED else None


Made = dict[str, tuple[Any, Any]]
"""Python name of a field → its type and its `strawberry.field`."""


def _record_input(name: str, model: Any, about: str) -> Any:
    custom = strawberry.field(default=UNSET, description="Fields that the company added itself.")
    fields = _fields(model, inputs_of(model))
    return _made(name, fields | {"custom_fields": (Optional[list[CustomFieldInput]], custom)}, about)


@cache
def _known(hint: Any) -> StrawberryAnnotation:
    """A hint that is resolved once: Strawberry resolves each field's own several times."""
    return StrawberryAnnotation(hint, namespace={})


def _made(name: str, fields: Made, about: str) -> Any:
    made = type(name, (), {"__annotations__": {}, "__doc__": None})
    for each, (hint, field) in sorted(fields.items(), key=lambda item: item[1][1].default is UNSET):
        made.__annotations__[each] = _known(hint)
        setattr(made, each, field)
    return declare.input_type(description=about)(made)


def _fields(model: Any, given: Mapping[str, Input], needed: Iterable[str] = ()) -> Made:
    return {name: _field(model, name, each, needed=name in needed) for name, each in given.items()}


def _field(model: Any, name: str, given: Input, *, needed: bool) -> tuple[Any, Any]:
    hint = _hint(model, name, given)
    about = _about(model, name, given)
    if needed:
        return hint, strawberry.field(description=about)
    return Optional[hint], strawberry.field(default=UNSET, description=about)


def _hint(model: Any, name: str, given: Input) -> Any:
    list_of: Any = list
    bare = _bare(model, name, given)
    return list_of[bare] if given.many else bare


def _bare(model: Any, name: str, given: Input) -> Any:
    if given.kinds:
        return Reference
    if given.parts is not None:
        shown = _shown(model, name)
        if shown is not None:
            return part_input(_inner(shown.type))
        return _made(f"{given.model}Input", _fields(None, given.parts), given.help)
    if given.hint is Money:
        return MoneyInput
    return FileInput if given.hint == FILE else given.hint


def _shown(model: Any, name: str) -> Any:
    """The field of the type that callers read, if there is one of this name."""
    known = model.__strawberry_definition__.fields if model is not None else ()
    return next((field for field in known if field.python_name == name), None)


def _inner(type: Any) -> Any:
    """A type without its null and its list."""
    while hasattr(type, "of_type"):
        type = type.of_type
    return type


def _about(model: Any, name: str, given: Input) -> str:
    shown = _shown(model, name)
    text = given.help or (shown.description if shown is not None else "")
    if not text:
        text = f"Which {' or '.join(given.kinds)}." if given.kinds else f"Its `{graphql_name(name)}`."
    return f"{text} {WHOLE_LIST}" if given.many and given.parts is not None and model is not None else text
