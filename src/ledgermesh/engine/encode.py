"""From the values of a change to the body of a provider's request: pure, and it says what it could not carry."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Final

import msgspec
from msgspec import Struct

from ledgermesh.model.money import Money
from ledgermesh.spec.write import Draft, File, Lost, Problem, Put, WriteVerb

_ENCODER = msgspec.json.Encoder(decimal_format="number")


@dataclass(slots=True)
class Encoded:
    """What became of the values."""

    body: dict[str, Any] = field(default_factory=dict)
    lost: list[tuple[str, str]] = field(default_factory=list)
    """Path of the value and why it goes nowhere."""
    problems: list[Problem] = field(default_factory=list)


class Encoding(Struct, frozen=True):
    """How values are put into a body."""

    title: str
    """The provider's, for reasons."""
    currency: str | None
    """Of the document: money without one is in it, money in another is refused."""

    def values(
        self, puts: Mapping[str, Put], draft: Draft, above: str = "", *, only: Collection[str] | None = None
    ) -> Encoded:
        """Every value, or those of these names only, by its own way.

        `above` is the path of the object in the input, with a dot at the end.
        """
        out = Encoded()
        for name, value in draft.values.items():
            if only is not None and name not in only:
                continue
            self._field(name, value, puts.get(name), draft, above, out)
        out.problems.extend(self._missing(puts, draft, above))
        return out

    def _field(
        self, name: str, value: Any, given: Put | None, draft: Draft, above: str, out: Encoded
    ) -> None:
        path = f"{above}{name}"
        verb = draft.top.verb
        if given is None or (verb in ("CREATE", "UPDATE") and verb not in given.verbs):
            when = f" on {verb.lower()}" if given is not None else ""
            out.lost.extend((leaf, f"{self.title} takes no {name}{when}") for leaf in leaves(value, path))
            return
        if (problem := _too_long(given, value, path) or _no_word(given, value, path)) is not None:
            out.problems.append(problem)
        elif given.parts is not None:
            self._parts(given, value, draft, path, out)
        elif given.encode is not None:
            self._leaf(given, value, draft, path, out)

    def _leaf(self, given: Put, value: Any, draft: Draft, path: str, out: Encoded) -> None:
        assert given.encode is not None, "the caller has looked"
        try:
            found = given.encode(self._in_currency(value), draft)
        except Lost as reason:
            out.lost.append((path, str(reason)))
        except ValueError as reason:
            out.problems.append(Problem(path, f"{self.title}: {reason}"))
        else:
            for place, part in found.items():
                lay(out.body, place, part)

    def _parts(self, given: Put, value: Any, draft: Draft, path: str, out: Encoded) -> None:
        assert given.parts is not None, "the caller has looked"
        if value is None:
            if given.path:
                lay(out.body, given.path, None)
            return
        if not given.many:
            inner = self.values(
                given.parts, Draft(draft.verb, value, draft.settings, draft.before, draft), f"{path}."
            )
            made: Any = inner.body
        else:
            elements = [
                self._element(given, each, draft, f"{path}.{place}.") for place, each in enumerate(value)
            ]
            inner = Encoded(
                lost=[each for one in elements for each in one.lost],
                problems=[each for one in elements for each in one.problems],
            )
            made = [each.body for each in elements]
        out.lost.extend(inner.lost)
        out.problems.extend(inner.problems)
        if given.path:
            lay(out.body, given.path, made)
        else:
            for place, part in made.items():
                lay(out.body, place, part)

    def _element(self, given: Put, value: Mapping[str, Any], draft: Draft, above: str) -> Encoded:
        """One element of a list; one that names its id is laid over the one that stands there with it."""
        assert given.parts is not None, "the caller has looked"
        id = value.get("native_id") if given.key else None
        own = {name: each for name, each in value.items() if not (given.key and name == "native_id")}
        stands = _with_id(draft.before, given.path, given.key, id) if id is not None else None
        if id is not None and stands is None:
            return Encoded(
                problems=[Problem(f"{above}native_id", "the record has no part with this id", "NOT_FOUND")]
            )
        verb: WriteVerb = "UPDATE" if stands is not None else "CREATE"
        inner = self.values(given.parts, Draft(verb, own, draft.settings, stands, draft), above)
        if stands is not None:
            inner.body = over(stands, inner.body)
        return inner

    def _missing(self, puts: Mapping[str, Put], draft: Draft, above: str) -> Iterator[Problem]:
        for name, given in puts.items():
            if given.required and draft.verb == "CREATE" and draft.values.get(name) in (None, (), ""):
                yield Problem(f"{above}{name}", f"{self.title} needs it", "REQUIRED")

    def _in_currency(self, value: Any) -> Any:
        """Money in the document's currency; raises ValueError for another."""
        if not isinstance(value, Money):
            return value
        if value.currency is not None and self.currency is not None and value.currency != self.currency:
            raise ValueError(f"the amount is in {value.currency}, the document in {self.currency}")
        return Money(amount=value.amount, currency=value.currency or self.currency)


def _too_long(given: Put, value: Any, path: str) -> Problem | None:
    if given.length_max is None or not isinstance(value, str) or len(value) <= given.length_max:
        return None
    return Problem(path, f"at most {given.length_max} characters, not {len(value)}", "TOO_LONG")


def _no_word(given: Put, value: Any, path: str) -> Problem | None:
    word = value.value if isinstance(value, Enum) else value
    if not given.words or value is None or not isinstance(word, str) or word in given.words:
        return None
    return Problem(path, f"one of {', '.join(given.words)}, not {word}", "NOT_ALLOWED")


def leaves(value: Any, path: str) -> Iterator[str]:
    """The paths of every single value in a value."""
    if isinstance(value, Mapping) and value:
        for name, each in value.items():
            yield from leaves(each, f"{path}.{name}")
    elif isinstance(value, tuple | list) and value:
        for place, each in enumerate(value):
            yield from leaves(each, f"{path}.{place}")
    else:
        yield path


# -- bodies ----------------------------------------------------------------------------------------------------------


def lay(body: dict[str, Any], path: str, value: object) -> None:
    """Put a value at a dotted path, making the objects around it."""
    *above, last = path.split(".")
    for key in above:
        inner = body.get(key)
        if not isinstance(inner, dict):
            inner = body[key] = {}
        body = inner
    present = body.get(last)
    body[last] = over(present, value) if isinstance(present, dict) and isinstance(value, dict) else value


def without(body: Mapping[str, Any], path: str) -> dict[str, Any]:
    """A body without what stands at a dotted path; of a list, without it in every element."""
    head, _, rest = path.partition(".")
    if not rest:
        return {key: value for key, value in body.items() if key != head}
    inner = body.get(head)
    if isinstance(inner, Mapping):
        return {**body, head: without(inner, rest)}
    if isinstance(inner, list):
        return {**body, head: [without(each, rest) if isinstance(each, Mapping) else each for each in inner]}
    return dict(body)


def over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """One body laid over another: objects meet, anything else is replaced."""
    found = dict(below)
    for key, value in above.items():
        present = found.get(key)
        meets = isinstance(present, Mapping) and isinstance(value, Mapping)
        found[key] = over(present, value) if meets else value  # type: ignore[arg-type]  # both are mappings then
    return found


def _with_id(before: Mapping[str, Any] | None, path: str, key: str, id: Any) -> Mapping[str, Any] | None:
    found: Any = before
    for word in path.split("."):
        found = found.get(word) if isinstance(found, Mapping) else None
    rows = [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []
    return next((each for each in rows if str(each.get(key)) == str(id)), None)


def json_bytes(body: object) -> bytes:
    """A body as it goes onto the wire: numbers exact, keys in their order."""
    return _ENCODER.encode(body)


BOUNDARY: Final = "----ledgermesh"


def multipart_bytes(body: Mapping[str, Any]) -> tuple[bytes, str]:
    """A form with files, and its content type. The boundary follows from the content, so that plans can be compared."""
    digest = hashlib.sha256()
    for name, value in body.items():
        digest.update(
            f"{name}\0".encode() + (value.body if isinstance(value, File) else str(value).encode()) + b"\0"
        )
    boundary = f"{BOUNDARY}{digest.hexdigest()[:32]}"
    parts = [_form_part(boundary, name, value) for name, value in body.items() if value is not None]
    return b"".join(parts) + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def _form_part(boundary: str, name: str, value: Any) -> bytes:
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'
    if isinstance(value, File):
        quoted = (
            value.name.replace("\\", "\\\\").replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
        )
        head += f'; filename="{quoted}"\r\nContent-Type: {value.content_type}'
        return f"{head}\r\n\r\n".encode() + value.body + b"\r\n"
    text = value.isoformat() if isinstance(value, dt.date) else str(value)
    return f"{head}\r\n\r\n{text}\r\n".encode()


def with_currency(values: Mapping[str, Any], currency: str | None) -> Mapping[str, Any]:
    """The values with every amount that names no currency in the document's."""
    return {name: _currency_in(value, currency) for name, value in values.items()}


def _currency_in(value: Any, currency: str | None) -> Any:
    match value:
        case Money(currency=None):
            return replace(value, currency=currency)
        case Mapping():
            return with_currency(value, currency)
        case tuple():
            return tuple(_currency_in(each, currency) for each in value)
    return value
