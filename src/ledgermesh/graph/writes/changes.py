"""From what a caller gave to the values of a change. Whatever is wrong for every connection alike is refused here."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from strawberry import UNSET

from ledgermesh.engine.change import By
from ledgermesh.errors import BadInput
from ledgermesh.graph.kinds import BY_NAME
from ledgermesh.graph.upload import Upload
from ledgermesh.model.mapped import graphql_name, input_path
from ledgermesh.model.money import Money
from ledgermesh.spec.inputs import FILE, Input
from ledgermesh.spec.query import Ref
from ledgermesh.spec.wires import declared
from ledgermesh.spec.write import File

NATURAL: Final = ("code", "number", "name", "email", "tax_number")
TEXT_MAX: Final = 1_000
"""Characters of one part of a natural key, or of an id."""
NAME_MAX: Final = 255
"""Characters of a file's name."""
MEDIA_TYPE: Final = re.compile(r"[\w.+-]+/[\w.+-]+(\s*;[\x20-\x7e]*)?", re.ASCII)

OpenId = Callable[[str, tuple[str, ...]], Ref]
"""Reads a global id of a record of one of these kinds; raises BadInput."""


def wrong(path: str, message: str) -> BadInput:
    """The refusal of one field of the input, by its dotted Python path."""
    shown = input_path(path)
    return BadInput(f"`{shown}`: {message}", details={"field": shown})


def to_values(spec: Mapping[str, Input], given: Any, open_id: OpenId, above: str = "") -> dict[str, Any]:
    """The values that were given, by the names of the spec. Raises BadInput.

    `given` is an input object, or a mapping by GraphQL names.
    """
    found: dict[str, Any] = {}
    for name, field in spec.items():
        value = _take(given, name)
        if value is not UNSET:
            found[name] = _value(field, value, open_id, f"{above}{name}")
    return found


def custom_fields(given: Any) -> dict[str, str]:
    """The company's own fields by their keys; raises BadInput for a key given twice."""
    pairs = [(_take(each, "key"), _take(each, "value")) for each in _said(given, "custom_fields") or ()]
    if len(dict(pairs)) < len(pairs):
        raise wrong("custom_fields", "a key is given twice")
    return dict(pairs)


def _take(given: Any, name: str) -> Any:
    """A field of an input; UNSET where it was left out."""
    if isinstance(given, Mapping):
        return given.get(graphql_name(name), UNSET)
    return getattr(given, name, UNSET)


def _said(given: Any, name: str) -> Any:
    """The same, with None for what was left out."""
    found = _take(given, name)
    return None if found is UNSET else found


def _value(field: Input, value: Any, open_id: OpenId, path: str) -> Any:
    if value is None:
        return None
    if field.many:
        return tuple(_one(field, each, open_id, f"{path}.{place}") for place, each in enumerate(value))
    return _one(field, value, open_id, path)


def _one(field: Input, value: Any, open_id: OpenId, path: str) -> Any:
    if field.kinds:
        return to_reference(field.kinds, value, open_id, path)
    if field.parts is not None:
        return to_values(field.parts, value, open_id, f"{path}.")
    if field.hint is Money:
        return Money(amount=_take(value, "amount"), currency=_currency(_said(value, "currency"), path))
    return _file(value, path) if field.hint == FILE else value


def _currency(code: str | None, path: str) -> str | None:
    if code is None:
        return None
    if not re.fullmatch(r"[A-Za-z]{3}", code):
        raise wrong(f"{path}.currency", f"an ISO 4217 code of three letters, not {code!r}")
    return code.upper()


def _file(given: Any, path: str) -> File:
    upload, text = _said(given, "upload"), _said(given, "base64")
    if (upload is None) == (text is None):
        raise wrong(path, "a file is given as `upload` or as `base64`")
    name, media = _said(given, "name"), _said(given, "content_type")
    if isinstance(upload, Upload):
        name, media, body = name or upload.name, media or upload.content_type, upload.content
    else:
        body = _decoded(str(text), path)
    name, media = (name or "file").replace("\\", "/").rpartition("/")[2], media or "application/octet-stream"
    if not (0 < len(name) <= NAME_MAX and name.isprintable()):
        raise wrong(f"{path}.name", f"1 to {NAME_MAX} printable characters")
    if not MEDIA_TYPE.fullmatch(media):
        raise wrong(f"{path}.content_type", "a media type, for example application/pdf")
    return File(name, media, body)


def _decoded(text: str, path: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise wrong(f"{path}.base64", "not base64") from error


# -- references ------------------------------------------------------------------------------------------------------


def to_reference(kinds: tuple[str, ...], given: Any, open_id: OpenId, path: str) -> By:
    """The record that a Reference names, still to be found. Raises BadInput where it says too little or too much."""
    id, native_id = _said(given, "id"), _said(given, "native_id")
    key = {name: text for name in NATURAL if (text := _said(given, name)) is not None}
    create = bool(_said(given, "create"))
    if (id is not None) + (native_id is not None) + bool(key) != 1:
        raise wrong(
            path, "a reference names a record by `id`, by `nativeId`, or by a natural key; by one of them"
        )
    if create and not key:
        raise wrong(path, "a record that is to be made is named by a natural key")
    for name, text in (("id", id), ("native_id", native_id), *key.items()):
        if text is not None and not (0 < len(text) <= TEXT_MAX and text.isprintable()):
            raise wrong(f"{path}.{name}", f"1 to {TEXT_MAX} printable characters")
    if id is not None:
        return By(kinds=kinds, path=path, ref=_opened(id, kinds, open_id, path))
    if native_id is not None:
        return By(kinds=kinds, path=path, native_id=native_id)
    meant, fields = natural_key(kinds, key, path)
    return By(kinds=meant, path=path, key=fields, create=create)


def _opened(id: str, kinds: tuple[str, ...], open_id: OpenId, path: str) -> Ref:
    try:
        return open_id(id, kinds)
    except BadInput as error:
        raise wrong(f"{path}.id", error.message) from error


def natural_key(
    kinds: tuple[str, ...], key: Mapping[str, str], path: str
) -> tuple[tuple[str, ...], dict[str, str]]:
    """The kinds that can be meant, and the fields of their records that must be equal. Raises BadInput for none.

    Kinds that call the same thing otherwise than the first of them that has it are left out: an account's number is its
    code, a bank account's is not.
    """
    named = {kind: fields for kind in kinds if (fields := _fields(kind, key)) is not None}
    if not named:
        words = ", ".join(f"`{graphql_name(name)}`" for name in key)
        raise wrong(path, f"a {' or '.join(kinds)} is not known by {words}")
    first = next(iter(named.values()))
    return tuple(kind for kind, fields in named.items() if fields == first), first


def _fields(kind: str, key: Mapping[str, str]) -> dict[str, str] | None:
    """The fields of a kind that these words mean; None where it has no such field for one of them."""
    named = {_field(kind, word): text for word, text in key.items()}
    return None if None in named else {name: text for name, text in named.items() if name is not None}


def _field(kind: str, word: str) -> str | None:
    model = BY_NAME[kind]
    known = declared(model.type)
    ways = {
        "number": ("number", model.number),
        "code": ("code",),
        "name": ("name", "display_name", "full_name"),
    }
    return next((name for name in ways.get(word, (word,)) if name in known), None)


def exact(value: Any) -> Any:
    """JSON of a document or of variables, with every number exact."""
    match value:
        case float():
            return Decimal(repr(value))
        case Mapping():
            return {name: exact(each) for name, each in value.items()}
        case list():
            return [exact(each) for each in value]
    return value
