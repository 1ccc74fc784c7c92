"""What Strawberry makes of coerced arguments, worked out once for each type instead of at every value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING
from typing import Any

from strawberry import UNSET
from strawberry.relay.types import GlobalID
from strawberry.types.arguments import _is_leaf_type
from strawberry.types.base import StrawberryList, StrawberryMaybe, StrawberryOptional, has_object_definition
from strawberry.types.enum import StrawberryEnumDefinition, has_enum_definition
from strawberry.types.field import StrawberryField
from strawberry.types.lazy_type import LazyType

from ledgermesh.compiler.terms import Convert


class Unknown(Exception):
    """A type that Strawberry itself has to look at."""


class Inputs:
    """The input types of one schema."""

    def __init__(self, config: Any, scalars: Mapping[Any, Any]) -> None:
        self._config = config
        self._scalars = scalars
        self._objects: dict[Any, _Object] = {}

    def of(self, field: StrawberryField) -> dict[str, tuple[str, Convert | None]]:
        """See Direct.converters; raises Unknown."""
        named, known = self._config.name_converter.from_argument, self._objects.copy()
        try:
            return {named(each): (str(each.python_name), self.convert(each.type)) for each in field.arguments}
        except Unknown:
            self._objects = known  # without those that are half made
            raise

    def convert(self, type_: Any) -> Convert | None:
        """What makes a value of this type; None where it stays as it is. Raises Unknown."""
        if isinstance(type_, StrawberryMaybe):
            raise Unknown
        if isinstance(type_, StrawberryOptional):
            return self.convert(type_.of_type)
        if isinstance(type_, StrawberryList):
            return _list(self.convert(type_.of_type))
        if isinstance(type_, StrawberryEnumDefinition) or has_enum_definition(type_):
            return None
        if isinstance(type_, LazyType):
            return self.convert(type_.resolve_type())
        if _is_leaf_type(type_, self._scalars):
            if type_ is GlobalID:
                raise Unknown
            return None
        return self._object(type_)

    def _object(self, type_: Any) -> Convert:
        if not has_object_definition(type_):
            raise Unknown
        definition: Any = type_.__strawberry_definition__
        if definition.from_input is not None or not definition.is_input:
            raise Unknown
        found = self._objects.get(type_)
        if found is None:  # known before its fields are looked at, for it may hold itself
            found = self._objects[type_] = _Object(type_)
            for each in definition.fields:
                if each.default_value is MISSING and each.default_factory is MISSING:
                    found.missing[each.python_name] = None
                name = self._config.name_converter.from_field(each)
                found.fields[name] = (
                    each.python_name,
                    self.convert(each.resolve_type(type_definition=definition)),
                )
        return found


class _Object:
    """Makes the instance of an input class."""

    def __init__(self, type_: Any) -> None:
        self._type = type_
        self.missing: dict[str, Any] = {}
        """Fields without a default."""
        self.fields: dict[str, tuple[str, Convert | None]] = {}
        """By GraphQL name."""

    def __call__(self, value: Any) -> Any:
        if value is None or value is UNSET:
            return value
        made = self.missing.copy()
        for name, (ours, convert) in self.fields.items():
            if name in value:
                made[ours] = value[name] if convert is None else convert(value[name])
        return self._type(**made)


def _list(convert: Convert | None) -> Convert:
    """A list of its own, whatever stands in it."""

    def made(value: Any) -> Any:
        if value is None or value is UNSET:
            return value
        return list(value) if convert is None else [convert(each) for each in value]

    return made
