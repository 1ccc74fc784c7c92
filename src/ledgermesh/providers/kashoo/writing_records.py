"""What the writes of Kashoo's records share: their paths, their common fields, how they are removed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from msgspec import Struct

from ledgermesh.providers.kashoo import bodies, checks
from ledgermesh.providers.kashoo.encodings import TEXT_MAX, day_at, name_at, text_at
from ledgermesh.providers.kashoo.writing_accounts import CREATED
from ledgermesh.spec.write import Compose, Draft, Never, Problem, Put, Search, Stamp, Write, Writes

RECORD = {
    "number": text_at("number"),
    "date": day_at("date", required=True),
    "currency": name_at("currency"),
}
SEVERAL_SECONDS = 180.0
"""Kashoo says that changing several records "can take a long time", and no longest."""
SEVERAL_SETTLE_SECONDS = 5.0
REQUIRED_CURRENCY = {"currency": name_at("currency", required=True)}


class Kind(Struct, frozen=True, kw_only=True):
    """One type of record."""

    kind: str
    type: str
    path: str
    """Below the business's records."""
    puts: Mapping[str, Put]
    stamp: str
    """The field that a request's mark goes into: the text that people outside the company do not see, where there is
    one. Kashoo's lists give it, so that the mark can be looked for."""
    build: Callable[[dict[str, object], Draft], object]
    dropped: tuple[str, ...] = bodies.RECORD_COMPUTED
    checks: tuple[Callable[[Draft], Iterable[Problem]], ...] = ()


def writes_of(kind: Kind) -> Writes:
    """Make, replace, remove, and void: a removed record stays, is marked, and counts for nothing."""
    return (
        Write(
            kind=kind.kind,
            verb="CREATE",
            method="POST",
            path=f"/businesses/{{business_id}}/records/{kind.path}",
            puts=kind.puts,
            fixed={"type": kind.type},
            build=kind.build,
            empty=True,
            repeat=Stamp(kind.stamp, TEXT_MAX),
            undo="DELETE",
            checks=kind.checks,
            assumed=CREATED,
        ),
        Write(
            kind=kind.kind,
            verb="UPDATE",
            method="PUT",
            path="/records/{id}",
            puts=kind.puts,
            whole=True,
            dropped=kind.dropped,
            build=kind.build,
            empty=True,
            repeat=Search(()),
            checks=(checks.open_to_changes, *kind.checks),
            assumed="The path, and that PUT replaces the record whole.",
        ),
        _remove(kind.kind, "DELETE"),
        _remove(kind.kind, "VOID"),
    )


def _remove(kind: str, verb: str) -> Write:
    return Write(
        kind=kind,
        verb="VOID" if verb == "VOID" else "DELETE",
        method="DELETE",
        path="/records/{id}",
        body="none",
        before=True,
        empty=True,
        repeat=Search(()),
        checks=(checks.open_to_changes,),
        delete="VOID" if verb == "VOID" else "SOFT",
        assumed="The path and the status of the answer.",
    )


def several(writes: Iterable[Write | Compose]) -> Writes:
    """Records of a business by one request, which replaces one after another: its body is the list of theirs."""
    return tuple(
        replace(
            write,
            verb="UPDATE_MANY",
            path="/records",
            id="",
            repeat=Search((), settle_seconds=SEVERAL_SETTLE_SECONDS),
            seconds=SEVERAL_SECONDS,
            assumed="The path, and that those before the first record that is refused stay replaced.",
        )
        for write in writes
        if isinstance(write, Write) and write.verb == "UPDATE" and write.path == "/records/{id}"
    )


def back_to_inbox(*kinds: str) -> Writes:
    """TrulySmall puts a record back into the inbox that it came from. How it shows afterwards is not documented."""
    return tuple(
        Write(
            kind=kind,
            verb="UNPROCESS",
            method="POST",
            path="/records/unprocess",
            before=True,
            build=bodies.back_to_inbox,
            id="",
            repeat=Never(),
            checks=(checks.open_to_changes, checks.still_there),
            assumed="The path.",
        )
        for kind in kinds
    )
