"""From one write and its values to the request as it would go out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import msgspec

from ledgermesh.engine.change import By, Change
from ledgermesh.engine.choice import named, resource_of, split
from ledgermesh.engine.encode import Encoded, Encoding, json_bytes, lay, multipart_bytes, over, without
from ledgermesh.engine.handed import has_hole
from ledgermesh.engine.holes import of_plan, unquoted
from ledgermesh.engine.planned import Look, Step
from ledgermesh.engine.replay import make_stamp
from ledgermesh.engine.request import always, fill, merged
from ledgermesh.engine.version import MISSING, equal, seen, value_text
from ledgermesh.errors import BadInput, NeedsConfig
from ledgermesh.model.mapped import graphql_name, row_of
from ledgermesh.model.record import Record
from ledgermesh.model.row import plain
from ledgermesh.spec.resource import Resource
from ledgermesh.spec.write import Draft, File, Header, Problem, Search, Stamp, Target, Write, hole, native
from ledgermesh.upstream.call import Link


@dataclass(slots=True)
class Made:
    """A step, or why there is none."""

    step: Step | None = None
    problems: list[Problem] = field(default_factory=list)
    lost: list[tuple[str, str]] = field(default_factory=list)
    asked: Mapping[str, Any] | None = None
    """What was asked of the record, as `value_text` writes it, with the marks that were added."""


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes the steps of one change."""

    link: Link
    change: Change
    currency: str | None
    first: int
    """The number that the next step gets."""
    digest: str
    """Of everything that the caller asked for."""

    def step(
        self,
        write: Write,
        values: Mapping[str, Any],
        target: Target | None,
        record: Record | None,
        *,
        above: str = "",
        renumber: Mapping[int, int] | None = None,
    ) -> Made:
        """The step of one write. No step and no problem where the record is already as asked."""
        made = Made()
        values = self._stamped(write, values, made)
        document: Mapping[str, Any] | None = plain(row_of(record).doc) if record is not None else None
        settings, more = self.link.settings, self.change.passthrough
        draft = Draft(write.verb, values, settings, document, passthrough=more)
        encoding = Encoding(self.link.provider.title, self.currency)
        made.asked = {name: value_text(value) for name, value in values.items()}
        wanted = set(values)
        if write.verb == "UPDATE" and record is not None:
            # What stands there already is neither sent nor held against what may be sent.
            wanted = self._changed(write, values, record, encoding, draft)
            if not wanted and not self._more():
                return made
        named = {name: value for name, value in values.items() if name in wanted}
        for check in write.checks:
            made.problems.extend(check(replace(draft, values=named)))
        encoded = encoding.values(write.puts, draft, above, only=wanted)
        made.problems.extend(encoded.problems)
        made.lost.extend(encoded.lost)
        nothing = write.verb == "UPDATE" and not encoded.body and not self._more()
        if made.problems or (nothing and write.body != "none"):
            return made
        try:
            made.step = of_plan(self._request(write, draft, encoded, target, made), renumber or {})
        except (ValueError, BadInput, NeedsConfig) as error:
            made.problems.append(Problem("", str(error)))
        if made.problems:
            made.step = None
        return made

    def _more(self) -> bool:
        return bool(self.change.custom_fields or self.change.passthrough)

    def _changed(
        self, write: Write, values: Mapping[str, Any], record: Record, encoding: Encoding, draft: Draft
    ) -> set[str]:
        """The fields that are not yet as asked; by the record, and where it does not show one, by its document."""
        found = set()
        for name, value in values.items():
            wish = value_text(value)
            now = seen(record, name, wish)
            same = equal(wish, now)  # also where nothing of it is shown
            # Where the record shows a part not at all, or a reference by another word, its document decides.
            if _unseen(now) or (not same and _refers(value)):
                parts = encoding.values(write.puts, draft, only={name}).body
                same = _within(parts, draft.before or {}) and bool(parts or same)
            if not same:
                found.add(name)
        return found

    # -- the request -------------------------------------------------------------------------------------------

    def _request(
        self, write: Write, draft: Draft, encoded: Encoded, target: Target | None, made: Made
    ) -> Step:
        resource = self._resource(write, target)
        values, prefix = self._places(write, draft, target, resource)
        body, headers = self._body(write, draft, encoded, made)
        path = unquoted(fill(write.path, {**self.link.settings, **values, **write.segments(draft)}))
        repeat, look, more = self._repeat(write, draft, target)
        return Step(
            kind=write.kind,
            verb=write.verb,
            method=write.method,
            path=path,
            template=write.path,
            query=merged(always(self.link), write.query),
            headers=(*headers, *more, *self._downstream(write)),
            body=body,
            item=write.item,
            id=write.id,
            empty=write.empty,
            native_id=target.native_id if target is not None else None,
            repeat=repeat,
            settle_seconds=getattr(write.repeat, "settle_seconds", 0.0),
            look=look,
            seconds=write.seconds,
            fields=self._fields(write, draft),
            file=_fetched(draft) if has_hole(body) else None,
            undo=self._undo(write, prefix),
            prefix=prefix,
        )

    def _fields(self, write: Write, draft: Draft) -> Mapping[str, str]:
        """Which of the provider's fields carries which of the input: what it refuses is told by our names."""
        encoding, found = Encoding(self.link.provider.title, self.currency), dict[str, str]()
        for name in draft.values:
            body = encoding.values(write.puts, draft, only={name}).body
            found |= dict.fromkeys(_paths(body), f"input.{graphql_name(name)}")
        return found

    def _resource(self, write: Write, target: Target | None) -> Resource | None:
        native_id = target.native_id if target is not None else ""
        return resource_of(self.link.provider, write.kind, native_id, write.resource or None)

    def _places(
        self, write: Write, draft: Draft, target: Target | None, resource: Resource | None
    ) -> tuple[dict[str, str], str]:
        """What fills `{id}` and `{parent}`, and what our id has in front of the provider's."""
        name = f"{resource.name}:" if resource is not None and resource.name else ""
        if target is not None:
            parent, own = split(resource, target.native_id)
            return {"id": own, "parent": parent}, (f"{parent}-{name}" if parent else name)
        if not write.parent:
            return {}, name
        holder = _walk(draft.values, write.parent)
        if not isinstance(holder, Target):
            raise ValueError(f"`{write.parent}` says below which record it is made")
        parent = str(native(holder))
        return {"parent": parent}, f"{parent}-{name}"

    def _body(
        self, write: Write, draft: Draft, encoded: Encoded, made: Made
    ) -> tuple[bytes | None, tuple[tuple[str, str], ...]]:
        if write.body == "none":
            return None, ()
        body = dict(encoded.body)
        if write.whole:
            base = dict(draft.before or {})
            for path in write.dropped:
                base = without(base, path)
            body = over(base, body)
        for path, value in write.fixed.items():
            lay(body, path, value)
        self._own_fields(write, draft, body, made)
        whole: Any = write.build(body, draft) if write.build is not None else body
        if self.change.passthrough and draft.values and isinstance(whole, dict):
            whole = over(whole, self.change.passthrough)
        if write.body == "multipart":
            encoded_body, media = multipart_bytes(whole)
        else:
            encoded_body, media = json_bytes(whole), "application/json"
        if write.body_bytes_max and len(encoded_body) > write.body_bytes_max:
            most = write.body_bytes_max
            made.problems.append(
                Problem(
                    _largest(draft),
                    f"the request would be {len(encoded_body)} bytes, over {most}",
                    "TOO_LARGE",
                )
            )
        return encoded_body, (("content-type", media),)

    def _own_fields(self, write: Write, draft: Draft, body: dict[str, Any], made: Made) -> None:
        """The company's own fields."""
        given = self.change.custom_fields if draft.values else {}
        if not given:
            return
        if write.custom_fields is None:
            title = self.link.provider.title
            made.lost.extend(
                (f"custom_fields.{key}", f"{title} takes no custom fields here") for key in given
            )
            return
        for path, value in write.custom_fields(given, draft).items():
            lay(body, path, value)

    def _downstream(self, write: Write) -> tuple[tuple[str, str], ...]:
        """What tells an aggregator to pass it on."""
        change = self.change
        if not write.downstream:
            return ()
        found = [("x-sync-data", "push")] if change.downstream_push else []
        if change.downstream_push and change.downstream_sources:
            found.append(("x-sync-sources", ",".join(change.downstream_sources)))
        if change.tracking_id:
            found.append(("x-tracking-id", change.tracking_id))
        return tuple(found)

    # -- what is done after an unclear answer ------------------------------------------------------------------

    def _stamped(self, write: Write, values: Mapping[str, Any], made: Made) -> Mapping[str, Any]:
        """The values with the mark of key and content at the end of one of them."""
        repeat = write.repeat
        if not isinstance(repeat, Stamp) or write.verb != "CREATE":
            return values
        text = f"{values.get(repeat.field) or ''} {self.stamp}".strip()
        if len(text) > repeat.length_max:
            room = repeat.length_max - len(self.stamp) - 1
            words = f"at most {room} characters, because a mark of this request goes behind them"
            made.problems.append(Problem(repeat.field, words, "TOO_LONG"))
        return {**values, repeat.field: text}

    @property
    def stamp(self) -> str:
        """The mark of this change: of the caller's key, and of what it asked for."""
        return make_stamp(f"{self.link.tenant}\0{self.change.client_key}", self.digest)

    def _repeat(
        self, write: Write, draft: Draft, target: Target | None
    ) -> tuple[Literal["HEADER", "STAMP", "SEARCH", "NEVER"], Look | None, tuple[tuple[str, str], ...]]:
        match write.repeat:
            case Header(name):
                return "HEADER", self._look(write, draft, target, ()), ((name.lower(), self._header_key()),)
            case Stamp(name):
                if write.verb == "CREATE":
                    look = Look(kind=write.kind, resource=write.resource, stamp=self.stamp, stamp_field=name)
                    return "STAMP", look, ()
                return self._searched(write, draft, target, ())
            case Search(names):
                return self._searched(write, draft, target, names)
        return "NEVER", None, ()

    def _header_key(self) -> str:
        words = f"{self.link.tenant}\0{self.link.connection}\0{self.change.client_key}\0{self.first}"
        return hashlib.sha256(words.encode()).hexdigest()[:32]

    def _searched(
        self, write: Write, draft: Draft, target: Target | None, names: tuple[str, ...]
    ) -> tuple[Literal["SEARCH", "NEVER"], Look | None, tuple[tuple[str, str], ...]]:
        look = self._look(write, draft, target, names)
        return ("SEARCH", look, ()) if look is not None else ("NEVER", None, ())

    def _look(self, write: Write, draft: Draft, target: Target | None, names: tuple[str, ...]) -> Look | None:
        gone = write.delete in ("SOFT", "HARD") or write.method == "DELETE"
        if gone and target is not None:
            return Look(kind=write.kind, resource=write.resource, native_id=target.native_id, gone=True)
        asked = {name: value_text(value) for name, value in draft.values.items()}
        if write.verb == "VOID":
            asked = {"status": "VOID"}
        equal = {name: text for name, text in asked.items() if not names or name in names}
        if not equal or (target is None and not names):
            return None
        native_id = target.native_id if target is not None else None
        return Look(kind=write.kind, resource=write.resource, native_id=native_id, equal=equal)

    def _undo(self, write: Write, prefix: str) -> Step | None:
        """What takes a step back, with a hole where the id of what it made will be."""
        if write.undo is None:
            return None
        found = named(self.link.provider, write.kind, write.undo, write.resource)
        if found is None:
            return None
        target = Target(write.kind, f"{prefix}{hole(self.first)}")
        draft = Draft(found.verb, {}, self.link.settings)
        return self._request(replace(found, undo=None), draft, Encoded(), target, Made())


def _largest(draft: Draft) -> str:
    """Where the file is that a request is mostly made of; empty for one without."""
    return next((name for name, value in draft.values.items() if isinstance(value, File)), "")


def _paths(body: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """The dotted paths of what stands in a body; of lists, where they stand."""
    for name, value in body.items():
        if isinstance(value, Mapping) and value:
            yield from _paths(value, f"{above}{name}.")
        else:
            yield f"{above}{name}"


def _fetched(draft: Draft) -> File | None:
    """The file whose address goes into the body."""
    return next((value for value in draft.values.values() if isinstance(value, File)), None)


def digest_of(change: Change) -> str:
    """A digest of everything that a change asks for; another body under the same key is told by it."""
    words = [
        change.kind, change.verb, change.target.native_id if change.target is not None else None,
        _plain(change.values), dict(change.custom_fields), _plain(change.passthrough),
        *map(digest_of, change.records),
    ]  # fmt: skip
    return hashlib.sha256(msgspec.json.encode(words)).hexdigest()


def _plain(value: Any) -> Any:
    match value:
        case By():
            ref = value.ref
            own = [ref.kind, ref.connection, ref.native_id] if ref is not None else None
            return {"by": [own, value.native_id, sorted(value.key.items()), value.create]}
        case Mapping():
            return {name: _plain(value[name]) for name in sorted(value)}
        case tuple() | list():
            return [_plain(each) for each in value]
    return value_text(value)


def _walk(values: Mapping[str, Any], path: str) -> Any:
    found: Any = values
    for word in path.split("."):
        if isinstance(found, Mapping):
            found = found.get(word)
        elif isinstance(found, tuple) and word.isdigit() and int(word) < len(found):
            found = found[int(word)]
        else:
            return None
    return found


def _unseen(found: Any) -> bool:
    """Whether a value of a record has something that the record has no home for."""
    match found:
        case Mapping():
            return any(map(_unseen, found.values()))
        case list():
            return any(map(_unseen, found))
    return bool(found == MISSING)


def _refers(value: Any) -> bool:
    match value:
        case Target():
            return True
        case Mapping():
            return any(map(_refers, value.values()))
        case tuple():
            return any(map(_refers, value))
    return False


def _within(parts: Any, document: Any) -> bool:
    """Whether everything in these parts of a body stands in the document already."""
    if isinstance(parts, Mapping) and isinstance(document, Mapping):
        return all(_within(value, document.get(key)) for key, value in parts.items())
    if isinstance(parts, list) and isinstance(document, list):
        return len(parts) == len(document) and all(map(_within, parts, document))
    return bool(parts == document)
