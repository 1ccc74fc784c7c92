"""The classes of the schema, declared as with Strawberry's decorators and made in less time.

There are hundreds of them, and a process that starts makes them all before it answers. Strawberry reads the text of
every hint anew for every field, and has the comparison and the printing of every class compiled; here a hint is read
once a module, and these two are the same functions for all. What comes out is Strawberry's own fields and definitions.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from functools import cache, cached_property
from inspect import Parameter, get_annotations
from typing import Annotated, Any, TypeVar, dataclass_transform, get_args, get_origin

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument, StrawberryArgumentAnnotation
from strawberry.types.base import StrawberryObjectDefinition, get_object_definition
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import INFO_PARAMSPEC, SELF_PARAMSPEC, StrawberryResolver
from strawberry.types.private import is_private
from strawberry.utils.str_converters import to_camel_case

Made = TypeVar("Made", bound=type)

# -- classes -----------------------------------------------------------------------------------------------------


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field, StrawberryField))
def object_type(
    *, name: str | None = None, description: str | None = None, directives: Sequence[object] = ()
) -> Callable[[Made], Made]:
    """As `strawberry.type`."""
    return lambda cls: _declared(cls, name=name, description=description, directives=directives)


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field, StrawberryField))
def input_type(
    *, name: str | None = None, description: str | None = None, directives: Sequence[object] = ()
) -> Callable[[Made], Made]:
    """As `strawberry.input`."""
    return lambda cls: _declared(
        cls, name=name, description=description, directives=directives, is_input=True
    )


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field, StrawberryField))
def interface(
    *, name: str | None = None, description: str | None = None, directives: Sequence[object] = ()
) -> Callable[[Made], Made]:
    """As `strawberry.interface`."""
    return lambda cls: _declared(
        cls, name=name, description=description, directives=directives, is_interface=True
    )


def _declared(
    cls: Any,
    *,
    name: str | None,
    description: str | None,
    directives: Sequence[object],
    is_input: bool = False,
    is_interface: bool = False,
) -> Any:
    hints = dict(_hints(cls))
    computed = {key: value for key, value in cls.__dict__.items() if isinstance(value, StrawberryField)}
    cls.__annotations__ = {key: _shared(computed, key, hint) for key, hint in hints.items()} | {
        key: value.base_resolver.type_annotation
        for key, value in computed.items()
        if key not in hints and value.base_resolver is not None
    }
    # Else dataclasses would write the signature of the class down as its text.
    cls.__doc__ = cls.__doc__ or description or cls.__name__
    dataclass(kw_only=True, init=False, eq=False, repr=False)(cls)
    cls.__annotations__ = hints
    cls.__init__ = _constructor(cls)
    for method in (_equal, _shown):
        if method.__name__ not in cls.__dict__:
            setattr(cls, method.__name__, method)
    if "__hash__" not in cls.__dict__:
        cls.__hash__ = None  # as of every class whose objects are compared by what they hold
    cls.__strawberry_definition__ = StrawberryObjectDefinition(
        name=name or to_camel_case(cls.__name__),
        is_input=is_input,
        is_interface=is_interface,
        origin=cls,
        description=description,
        interfaces=list(_interfaces(cls)),
        extend=False,
        directives=directives,
        is_type_of=getattr(cls, "is_type_of", None),
        resolve_type=getattr(cls, "resolve_type", None),
        fields=list(_fields(cls, hints).values()),
    )
    for key, value in computed.items():
        if (
            value.base_resolver is not None
        ):  # dataclasses took it away, as the default of a field that has none
            setattr(cls, key, value.base_resolver.wrapped_func)
    return cls


def _hints(cls: Any) -> Iterator[tuple[str, object]]:
    """The hints of a class's own fields; the text of one that names what is not there yet."""
    for name, hint in get_annotations(cls).items():
        yield name, _read(cls.__module__, hint)


def _shared(computed: Mapping[str, StrawberryField], name: str, hint: object) -> object:
    """What dataclasses is to take for the hint of a field. One of Strawberry's own resolves whatever it is given."""
    if name not in computed or isinstance(hint, str):
        return hint
    return hint if isinstance(hint, StrawberryAnnotation) else annotation(hint)


def _interfaces(cls: Any) -> Iterator[StrawberryObjectDefinition]:
    for base in cls.__mro__[1:]:
        definition = base.__dict__.get("__strawberry_definition__")
        if definition is not None and definition.is_interface:
            yield definition


def _fields(cls: Any, hints: Mapping[str, object]) -> dict[str, StrawberryField]:
    """By Python name: those of the bases in their order, then its own."""
    found: dict[str, StrawberryField] = {}
    for base in cls.__bases__:
        if (definition := get_object_definition(base)) is not None:
            found |= {each.name: each for each in definition.fields}
    namespace = sys.modules[cls.__module__].__dict__
    for field in fields(cls):
        if isinstance(field, StrawberryField):
            if field.origin is None:
                field.origin = cls
                if field.type_annotation is not None and field.type_annotation.namespace is None:
                    field.type_annotation.set_namespace_from_field(field)
            found[field.name] = field
        elif field.name in hints and not is_private(hints[field.name]):
            found[field.name] = StrawberryField(
                python_name=field.name,
                type_annotation=StrawberryAnnotation(hints[field.name], namespace=namespace),
                origin=cls,
                default=field.default,
            )
    return found


def _constructor(cls: Any) -> Callable[..., None]:
    """Compiles the constructor of a class, and calls it, the first time: of most classes nobody makes an object."""

    def construct(self: Any, **given: Any) -> None:
        cls.__init__ = _compiled(cls)
        cls.__init__(self, **given)

    return construct


def _compiled(cls: Any) -> Callable[..., None]:
    space: dict[str, Any] = {}
    taken, kept = [], []
    for each in fields(cls):
        if not each.init:
            continue
        value = each.name
        if each.default_factory is not MISSING:
            space[f"_make_{each.name}"], space[f"_of_{each.name}"] = each.default_factory, MISSING
            value = f"_make_{each.name}() if {each.name} is _of_{each.name} else {each.name}"
        elif each.default is not MISSING:
            space[f"_of_{each.name}"] = each.default
        taken.append(f"{each.name}=_of_{each.name}" if f"_of_{each.name}" in space else each.name)
        kept.append(f"    self.{each.name} = {value}")
    head = f"def __init__(self{', *, ' if taken else ''}{', '.join(taken)}):"
    exec("\n".join((head, *kept, "    pass")), space)  # noqa: S102  # names of our own fields
    made: Callable[..., None] = space["__init__"]
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    return made


def _equal(self: Any, other: Any) -> Any:
    if other.__class__ is not self.__class__:
        return NotImplemented
    return all(getattr(self, each.name) == getattr(other, each.name) for each in fields(self) if each.compare)


_equal.__name__ = "__eq__"


def _shown(self: Any) -> str:
    parts = (f"{each.name}={getattr(self, each.name)!r}" for each in fields(self) if each.repr)
    return f"{type(self).__qualname__}({', '.join(parts)})"


_shown.__name__ = "__repr__"

# -- fields with a resolver --------------------------------------------------------------------------------------


def field(**given: Any) -> Any:
    """As `strawberry.field` over a resolver whose parameters are `self`, perhaps `info`, and arguments."""
    return lambda resolve: strawberry.field(resolver=Resolver(resolve), **given)


def mutation(**given: Any) -> Any:
    """As `strawberry.mutation`."""
    return lambda resolve: strawberry.mutation(resolver=Resolver(resolve), **given)


def subscription(**given: Any) -> Any:
    """As `strawberry.subscription`."""
    return lambda resolve: strawberry.subscription(resolver=Resolver(resolve), **given)


class Resolver(StrawberryResolver[Any]):
    """Knows its parameters by their names, where Strawberry has to look at every hint."""

    @cached_property
    def reserved_parameters(self) -> Any:
        """Those that are no arguments."""
        found = self.signature.parameters
        return {SELF_PARAMSPEC: found.get("self"), INFO_PARAMSPEC: found.get("info")}

    @cached_property
    def arguments(self) -> list[StrawberryArgument]:
        """Those that callers give."""
        found = self.signature.parameters.items()
        return [_argument(each, self._hint(each.annotation)) for name, each in found if name not in RESERVED]

    @cached_property
    def type_annotation(self) -> StrawberryAnnotation | None:
        """What it gives."""
        return self._hint(self.signature.return_annotation)

    def _hint(self, hint: object) -> StrawberryAnnotation:
        module = self._unbound_wrapped_func.__module__
        known = _read(module, hint)
        if isinstance(known, str):
            return StrawberryAnnotation(known, namespace=sys.modules[module].__dict__)
        return annotation(known)


RESERVED = ("self", "info")


def _argument(given: Parameter, hint: StrawberryAnnotation) -> StrawberryArgument:
    told = get_args(hint.raw_annotation)[1:] if get_origin(hint.raw_annotation) is Annotated else ()
    if len(told) != 1 or not isinstance(told[0], StrawberryArgumentAnnotation):
        return StrawberryArgument(given.name, None, hint, default=given.default)
    return StrawberryArgument(
        python_name=given.name,
        graphql_name=told[0].name,
        type_annotation=annotation(get_args(hint.raw_annotation)[0]),
        description=told[0].description,
        default=given.default,
        deprecation_reason=told[0].deprecation_reason,
        directives=told[0].directives,
        metadata=told[0].metadata,
    )


# -- hints -------------------------------------------------------------------------------------------------------


def _read(module: str, hint: object) -> object:
    if not isinstance(hint, str):
        return hint
    try:
        return _meant(module, hint)
    except (
        NameError
    ):  # a name for type checkers only, or one that comes later: Strawberry tries again with the schema
        return hint


@cache
def _meant(module: str, text: str) -> object:
    """What the text of a hint means in its module, whose names mean one thing each for good."""
    meant: object = eval(text, sys.modules[module].__dict__)  # noqa: S307  # a hint of our own code
    return meant


@cache
def annotation(hint: Any) -> StrawberryAnnotation:
    """A hint as Strawberry keeps it, resolved once for all who have it."""
    return StrawberryAnnotation(hint, namespace={})
