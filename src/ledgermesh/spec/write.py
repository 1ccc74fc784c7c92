"""How a provider takes changes: every verb of every kind as data, and every field's way into the request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import msgspec

from ledgermesh.spec.wires import Fields, Wire

WriteVerb = Literal[
    "CREATE", "UPDATE", "UPDATE_MANY", "DELETE", "VOID", "PAY", "SEND", "SET_STATUS", "UNPROCESS", "IMPORT"
]
"""UPDATE_MANY changes several records by one request, whose body is the list of the bodies that UPDATE sends of each;
PAY settles a document by a payment; SET_STATUS moves it through the provider's own states; UNPROCESS takes a record
back into the provider's inbox; IMPORT hands over a bank statement."""

Values = Mapping[str, Any]
"""What a caller gives, by the names of `spec.inputs`: str, bool, int, Decimal, date, datetime, Enum member, Money, None
to clear, a Target for a reference, a File, a mapping for a part, a tuple of any of them for a list. What the caller
leaves out is not there."""


@dataclass(frozen=True, slots=True)
class Target:
    """Which record a reference means, found out before anything is sent."""

    kind: str
    native_id: str
    """Its id as `source.nativeId` has it, or a hole (see `hole`) for what an earlier step of the plan makes."""
    doc: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """The provider's document, as it was read to find the record; empty for a hole."""


def hole(step: int) -> str:
    """What stands in a request for the id that an earlier step's answer will tell; steps count from 0."""
    return f"${{steps.{step}.id}}"


@dataclass(frozen=True, slots=True)
class File:
    """A file that goes along."""

    name: str
    content_type: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything that a field's encoding may look at."""

    verb: WriteVerb
    values: Values
    """All values of this object, not of its parts."""
    settings: Mapping[str, str]
    """Of the connection."""
    before: Mapping[str, Any] | None = None
    """The provider's document as it stands, where the write reads it first."""
    above: Draft | None = None
    """Of the object this one is a part of."""
    passthrough: Mapping[str, Any] = field(default_factory=dict)
    """Parts of the provider's own body that the caller gives by its own names."""

    @property
    def top(self) -> Draft:
        """Of the whole record."""
        return self if self.above is None else self.above.top


class Lost(Exception):
    """Raised by an encoding for a value that the provider has no room for; the words say why."""


Encode = Callable[[Any, Draft], Mapping[str, object]]
"""A value to the parts of the body that carry it, by dotted path; JSON values, numbers int or Decimal. Raises Lost, or
ValueError for a value that the provider would refuse. None clears."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Put:
    """One field's way into a request."""

    encode: Encode | None = None
    """None where `parts` says it all, or where the field only helps others (`silent`)."""
    parts: Mapping[str, Put] | None = None
    """Of a nested object, or of each element of a list; `path` is where it goes."""
    path: str = ""
    """With `parts`: where the object or the array stands in the body; empty for this same body."""
    many: bool = False
    """With `parts`: whether it is a list."""
    key: str = ""
    """With `many`: the provider's field by which an element is known. An element given with `native_id` is laid over
    the one that stands there; those that are not given go."""
    required: bool = False
    """Without it the provider refuses to create."""
    required_if: str = ""
    """In words: when it is required though `required` is not set. `Write.checks` sees to it."""
    length_max: int | None = None
    """Characters the provider takes."""
    verbs: frozenset[str] = frozenset(("CREATE", "UPDATE"))
    """Where the field may be given."""
    words: tuple[str, ...] = ()
    """The values it takes, where they are few and the same for everybody; by our names."""
    kind: str = ""
    """Of a reference: the kind of record it names, whose records are the allowed values. `A|B` for one of several."""
    silent: bool = False
    """Consumed without a trace of its own: the path or another field carries it."""


def put(wire: Wire, **more: Any) -> Put:
    """A field that goes out the way it comes in: by its wire's own inverse."""
    if wire.parts is not None:
        many = isinstance(wire.missing, tuple)
        return Put(path=wire.paths[0] if wire.paths else "", many=many, **more)
    write = wire.write
    if write is None:
        raise ValueError(
            f"the transform {wire.transform!r} has no inverse; give the field an encoding of its own"
        )
    path = wire.paths[0]
    return Put(encode=lambda value, draft: {path: None} if value is None else write(value), **more)


def puts(fields: Fields, *names: str, required: Iterable[str] = ()) -> dict[str, Put]:
    """These fields by their wires' inverses; those in `required` are needed to create."""
    needed = frozenset(required)
    return {name: put(fields.wires[name], required=name in needed) for name in names}


def at_path(path: str, convert: Callable[[Any], object] = lambda value: value, **more: Any) -> Put:
    """A field that stands at one path as `convert` makes it; None stays null."""
    return Put(encode=lambda value, draft: {path: None if value is None else convert(value)}, **more)


def reference(kind: str, path: str, *, numeric: bool = False, prefix: str = "", **more: Any) -> Put:
    """A reference as the bare native id; `numeric` where the provider writes ids as JSON numbers.

    `prefix` is what our native id has in front (the name of a resource) and the provider's has not.
    """

    def encode(value: Target | None, draft: Draft) -> Mapping[str, object]:
        return {path: None if value is None else native(value, numeric=numeric, prefix=prefix)}

    return Put(encode=encode, kind=kind, **more)


def native(target: Target, *, numeric: bool = False, prefix: str = "") -> object:
    """The id as the provider writes it; a hole stays a hole. Raises ValueError for text where a number must stand."""
    id = target.native_id
    if id.startswith("${"):
        return id
    bare = id.removeprefix(prefix).rpartition("-")[2] if prefix else id.rpartition(":")[2]
    if not numeric:
        return bare
    if not (bare.isascii() and bare.isdigit()):
        raise ValueError("the provider's ids are numbers")
    return int(bare)


def parts(path: str, inner: Mapping[str, Put], *, many: bool, **more: Any) -> Put:
    """A nested object, or a list of them, at a path."""
    return Put(path=path, parts=inner, many=many, **more)


def with_put(given: Put, **changes: Any) -> Put:
    """The same with something changed."""
    return replace(given, **changes)


# -- what happens after an unclear answer ---------------------------------------------------------------------------


class Header(msgspec.Struct, frozen=True):
    """The provider itself sees to it that the same key has one effect."""

    name: str


class Stamp(msgspec.Struct, frozen=True):
    """A mark of key and content goes into a field that the provider keeps and that records can be searched by."""

    field: str
    """The model's field that carries it, for example `memo` or `reference`; the caller's own text stays in front."""
    length_max: int
    """Characters the provider keeps there; the mark takes 22 of them at the end."""
    settle_seconds: float = 2.0
    """How long a record may take to show up in lists."""


class Search(msgspec.Struct, frozen=True):
    """What was sent is looked for by its own values: a record equal in all these fields is taken for ours."""

    fields: tuple[str, ...]
    """The model's fields. Of an UPDATE, DELETE or other verb on a known record it is that record which is re-read, and
    empty means the fields that were asked for."""
    settle_seconds: float = 2.0


class Never(msgspec.Struct, frozen=True):
    """It leaves no trace to look for (an e-mail, a letter): after an unclear answer nobody knows."""


Repeat = Header | Stamp | Search | Never


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with what is to be sent, known before it is sent."""

    path: str
    """Dotted, by the model's Python names, list places as numbers: `lines.0.account`."""
    message: str
    code: str = "INVALID"


def no_segments(draft: Draft) -> Mapping[str, str]:
    """No further braces."""
    return {}


@dataclass(frozen=True, kw_only=True, slots=True)
class Write:
    """One request that changes something."""

    kind: str
    """The GraphQL type name of what is changed."""
    verb: WriteVerb
    resource: str = ""
    """The name of the resource, where the provider has several of one kind."""
    applies: Callable[[Values], bool] = lambda values: True
    """Of several writes of one kind and verb, the first that applies to the values is taken."""
    method: Literal["POST", "PUT", "PATCH", "DELETE"]
    path: str
    """Below the base URL; `{id}` of the record, `{parent}` of the one above it, settings of the connection, and values
    that `segments` fills."""
    segments: Callable[[Draft], Mapping[str, str]] = no_segments
    """Further braces of the path."""
    parent: str = ""
    """The field of the values whose Target fills `{parent}` when creating; otherwise the record's own id tells it."""
    query: tuple[tuple[str, str], ...] = ()
    puts: Mapping[str, Put] = field(default_factory=dict)
    fixed: Mapping[str, object] = field(default_factory=dict)
    """Parts of the body that are always the same, by dotted path."""
    body: Literal["json", "multipart", "none"] = "json"
    build: Callable[[dict[str, object], Draft], object] | None = None
    """The last word on the JSON body, for what cannot be said by field; given the body so far."""
    body_bytes_max: int = 0
    """What the provider takes as the whole encoded body; 0 where it does not say."""
    whole: bool = False
    """Whether the body replaces the record: it is read first, changed, and sent as a whole."""
    dropped: tuple[str, ...] = ()
    """With `whole`: dotted paths that the provider computes and that are not sent back."""
    before: bool = False
    """Whether the record is read first though the body does not replace it: its document is in `Draft.before`."""
    item: str = ""
    """Dotted path to the record in the answer; where nothing is there, the answer itself is taken."""
    id: str = "id"
    """Dotted path to the id in that record; empty where the answer tells none and the record's own id stays."""
    empty: bool = False
    """Whether an empty answer is a good one. A Location header then may tell the id."""
    repeat: Repeat
    undo: WriteVerb | None = None
    """The verb that takes it back when a later step of the same plan fails."""
    checks: tuple[Callable[[Draft], Iterable[Problem]], ...] = ()
    """What can be known to be wrong before anything is sent."""
    delete: Literal["", "SOFT", "HARD", "VOID"] = ""
    """Of DELETE and VOID: whether the record stays readable, is gone, or stays and counts for nothing."""
    seconds: float = 0.0
    """What it may take where that is more than usual; 0 for the caller's own deadline."""
    downstream: bool = False
    """Whether the provider passes it on to systems behind it (aggregators), by its own sync headers."""
    custom_fields: Encode | None = None
    """How the company's own fields go out; None where the provider takes none."""
    assumed: str = ""
    """What no document says about it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One write of several that together are one."""

    kind: str
    verb: WriteVerb
    values: Values
    """References to what an earlier part makes are `Target(kind, hole(number of the part))`."""
    target: Target | None = None
    """Of verbs other than CREATE: the record."""
    resource: str = ""


class Compose(msgspec.Struct, frozen=True, kw_only=True):
    """A verb that the provider takes in several requests."""

    kind: str
    verb: WriteVerb
    applies: Callable[[Values], bool] = lambda values: True
    puts: Mapping[str, Put] = msgspec.field(default_factory=dict)
    """What it takes, for capabilities and for what is lost; encodings are those of the parts."""
    parts: Callable[[Draft, Target | None], Sequence[Part]]
    """Of the draft and the record that the verb is on. The last part that CREATEs or changes `kind` is the result;
    `result` names another one."""
    result: int = -1
    before: bool = False
    checks: tuple[Callable[[Draft], Iterable[Problem]], ...] = ()
    delete: Literal["", "SOFT", "HARD", "VOID"] = ""
    assumed: str = ""


Writes = tuple[Write | Compose, ...]


class Downstream(msgspec.Struct, frozen=True, kw_only=True):
    """How an aggregator tells how far it is with passing a write on to its own systems."""

    path: str
    """Below the base URL; `{id}` is what the header X-Sync-ID of the write's answer told."""
    status: str
    """Dotted path to the state in the answer."""
    done: tuple[str, ...]
    failed: tuple[str, ...]
    """The states that end it; any other is not the end."""
    assumed: str = ""
    """What no document says about it."""
