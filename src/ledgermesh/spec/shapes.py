"""The shapes of a resource's documents: Structs made of its definition, which are decoded and read faster than dicts.

They hold every value of a document exactly as a dict would: a document with a field that the definition does not name
has no shape, nor has one where something else stands than an object or a list of objects that it says. Whoever decodes
it makes dicts then.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

import msgspec
from msgspec import UNSET

from ledgermesh.model.row import TAIL, Document, Part
from ledgermesh.spec.wires import Fields, Wire


class Shape:
    """The types of a whole answer: documents in a list, alone or in an object."""

    def __init__(self, node: _Node, title: str, items: str) -> None:
        self._node, self._title, self._items = node, title, items
        self.numbers = node.has_numbers()
        """Whether there are numbers in it that are shown as they are: their text is worth more than what it means."""
        self.escaped: Any = self._type(verbatim=False)

    @cached_property
    def verbatim(self) -> Any:
        """Of an answer whose texts and numbers are all as JSON has them, which its documents know; else the same."""
        return self._type(verbatim=True)

    def document(self, *, verbatim: bool) -> type[Document]:
        """A class of the documents, made anew."""
        return self._node.document(self._title, verbatim=verbatim)

    def _type(self, *, verbatim: bool) -> Any:
        rows: Any = list[self.document(verbatim=verbatim)]  # type: ignore[misc]  # a type at run time
        # No other list stands beside it, and no number that is not whole.
        return dict[str, rows | dict[str, Any] | str | int | bool | None] if self._items else rows


def shape(fields: Fields, omitted: Iterable[str], items: str) -> Shape | None:
    """The shape of an answer with these documents at `items`, which names a field; None where they have none."""
    if "." in items:
        return None
    node = _Node()
    node.walk(fields.wires, ())
    for path in omitted:
        node.leaf(path, ())
    try:
        return Shape(node, fields.model.__name__, items)
    except _Nameless:
        return None


class _Nameless(Exception):
    """A field's name cannot be that of an attribute."""


class _Node:
    """What the wires say of one object."""

    def __init__(self) -> None:
        self.leaves: set[str] = set()
        """What is a value, or anything else that is read as a whole."""
        self.known: set[str] = set()
        """The same, unless something of it is read by itself."""
        self.inner: dict[tuple[str, bool], _Node] = {}
        """Objects, by name and whether there is a list of them."""
        self._numbers = False

    def walk(self, wires: Mapping[str, Wire], above: tuple[_Node, ...]) -> None:
        """Take in what these read; `above` are the objects around this one, the nearest first."""
        for wire in wires.values():
            usual = wire.usually
            how, parts = usual.how if usual is not None else "", wire.parts
            if usual is not None and parts is not None and how in ("object", "list") and _own(usual.path):
                self._at(usual.path, many=how == "list").walk(parts.wires, (self, *above))
            elif parts is not None and how == "here":
                self.known.update(path for path in wire.paths if "." not in path and _own(path))
                self.walk(parts.wires, (self, *above))
            else:
                self._numbers |= how in ("number", "money")
                for path in wire.paths:
                    self.leaf(path, above)

    def has_numbers(self) -> bool:
        """Whether exact numbers are read as they are, of it or of what is inside."""
        return self._numbers or any(node.has_numbers() for node in self.inner.values())

    def leaf(self, path: str, above: tuple[_Node, ...]) -> None:
        """Note what stands at a path; a setting stands nowhere."""
        if path.startswith("^"):
            if above:
                above[0].leaf(path[1:], above[1:])
        elif not path.startswith("@"):
            around, _, name = path.rpartition(".")
            (self._at(around, many=False) if around else self).leaves.add(name)

    def _at(self, path: str, *, many: bool) -> _Node:
        *around, name = path.split(".")
        node = self
        for each in around:
            node = node.inner.setdefault((each, False), _Node())
        return node.inner.setdefault((name, many), _Node())

    def document(self, title: str, *, verbatim: bool) -> type[Document]:
        """The class of these objects."""
        parts: dict[str, Part | None] = dict.fromkeys(sorted(self.leaves | self.known))
        types: dict[str, Any] = dict.fromkeys(parts, Any)
        for (name, many), node in self.inner.items():
            # What is also read as a whole is what it always was.
            if name in self.leaves or (name, not many) in self.inner:
                parts[name], types[name] = None, Any
                continue
            inside = node.document(f"{title}_{name}", verbatim=verbatim)
            parts[name] = Part(inside, many)
            types[name] = (list[inside] if many else inside) | None  # type: ignore[valid-type]  # as above
        if not all(name.isidentifier() for name in parts):
            raise _Nameless
        # Python finds an attribute by an interned name several times quicker.
        attributes = {name: sys.intern(name + TAIL) for name in parts}
        made = msgspec.defstruct(
            title,
            [(attribute, types[name], UNSET) for name, attribute in attributes.items()],
            bases=(Document,),
            namespace={"parts": parts, "attributes": attributes, "verbatim": verbatim},
            rename={attribute: name for name, attribute in attributes.items()},
            forbid_unknown_fields=True,
            frozen=True, eq=False, gc=False,
        )  # fmt: skip
        assert issubclass(made, Document), "it is made of it"
        return made


def _own(path: str) -> bool:
    """Whether a path begins in the document itself."""
    return not path.startswith(("^", "@"))
