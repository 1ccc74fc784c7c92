"""Statements that find values in a provider's documents, dicts or shaped ones, and make usual ones what a wire does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from ledgermesh.compiler.emit import indented
from ledgermesh.model.row import TAIL, Document

WORDS_MAX: Final = 1_000
"""Texts of one field whose written value is remembered."""

Lines = Iterator[str]
Class = type[Document] | None
"""What an object is: a document of this shape, or a dict."""


class Unusual(Exception):
    """This mapping is not written in one go."""


def shape_of(found: type[Any] | None) -> Class:
    """The shape of documents of this class."""
    return found if found is not None and issubclass(found, Document) else None


class Found(NamedTuple):
    """How a value is found."""

    lines: list[str]
    inside: Class
    """What it is, where it is an object or a list of them, which nobody has to look at then."""


class At(NamedTuple):
    """Which document is read, what stands around it, and whether its fields are written as JSON."""

    depth: int
    """Its number."""
    above: str
    shape: Class
    shape_above: Class
    text: bool = True

    def holder(self, path: str) -> tuple[str, Class, str]:
        """The name of the document that a path begins in, its shape, and the rest of the path."""
        found, shape = f"doc_{self.depth}", self.shape
        if path.startswith("^"):
            path, found, shape = path[1:], self.above, self.shape_above
        if path.startswith(("^", "@")):
            raise Unusual
        return found, shape, path

    def below(self, number: int, shape: Class) -> At:
        """A part of it."""
        return At(number, f"doc_{self.depth}", shape, self.shape)

    def leaf(self, path: str) -> str | None:
        """An expression for what stands in a field of this document itself, whatever it is; None for other paths."""
        if path.startswith(("^", "@")) or "." in path:
            return None
        if self.shape is None:
            return f"doc_{self.depth}.get({path!r})"
        known = path in self.shape.parts and self.shape.parts[path] is None
        return f"doc_{self.depth}.{path}{TAIL}" if known else None

    def find(self, path: str, name: str, *, many: bool = False, opened: bool = False) -> Found:
        """What `row.at` finds, where all around it are objects; `many` says that it should be a list.

        Where it is `opened`, it is looked into; else it may be a number's text.
        """
        if path.startswith("@"):  # a setting, which is the same everywhere
            return Found([f"{name} = settings.get({path[1:]!r})"], None)
        holder, shape, path = self.holder(path)
        lines: list[str] = []
        keys = path.split(".")
        for depth, key in enumerate(keys):
            if depth:
                lines += indented(iter((f"if {name} is not None:",)), depth - 1)
                lines += indented(looked_at(name, shape), depth)
            read = opened or depth < len(keys) - 1
            lines += indented(_member(name, holder, shape, key, read=read), depth)
            part = shape.parts.get(key) if shape is not None else None
            # Who joined a call may have the documents of another resource.
            if part is not None and part.many is not (many and depth == len(keys) - 1):
                raise Unusual
            holder, shape = name, part.shape if part is not None else None
        return Found(lines, shape)


def _member(name: str, holder: str, shape: Class, key: str, *, read: bool) -> Lines:
    """What stands there, None where nothing does; with numbers for all texts of such in it where it is `read`."""
    if shape is None or (read and key in shape.parts and shape.parts[key] is None):
        yield f"{name} = {holder}.get({key!r})"
    elif key not in shape.parts:
        yield f"{name} = None"
    else:
        yield f"{name} = {holder}.{key}{TAIL}"
        yield f"if {name} is UNSET:"
        yield f"    {name} = None"


def looked_at(name: str, inside: Class) -> Lines:
    """Looks at what must be a dict, where its shape does not say so."""
    if inside is None:
        yield f"if {name}.__class__ is not dict:"
        yield "    raise Odd"


def currency_written(name: str) -> Lines:
    """Makes JSON of a currency's code as a document has it; each is looked at once."""
    yield f"if {name} is None:"
    yield f"    {name} = 'null'"
    yield "else:"
    yield f"    w = currencies.get({name})"
    yield "    if w is None:"
    yield f"        w = to_currency({name})"
    yield "        w = 'null' if w is None else quote(w)"
    yield f"        if len(currencies) < {WORDS_MAX}:"
    yield f"            currencies[{name}] = w"
    yield f"    {name} = w"


def single(how: str, name: str) -> Lines:
    """Checks a single value, and makes of it what the wire would."""
    match how:
        case "text":
            yield f"if {name}.__class__ is str:"
            yield f"    {name} = {name} or None"
            yield f"elif {name}.__class__ is int:"
            yield f"    {name} = str({name})"
        case "number":
            yield f"if {name}.__class__ is Decimal:"
            yield "    pass"
            yield f"elif {name}.__class__ is bytes:"
            yield f"    {name} = exact({name})"
            yield f"elif {name}.__class__ is int:"
            yield f"    {name} = Decimal({name})"
            yield f"elif {name}.__class__ is str:"
            yield f"    {name} = to_decimal({name})"
        case _:
            yield f"if {name}.__class__ is bool:"
            yield "    pass"
    yield f"elif {name} is not None:"
    yield "    raise Odd"
