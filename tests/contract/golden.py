"""What every file in `tests/providers/<name>/wire` reads to, as the text of its golden file.

A wire file holds answers as the provider's public documents and fixtures describe them:

    {"about": "…", "reads": "list Invoice", "settings": {"currency": "CHF"}, "parent": {…}, "answers": [{…}]}

`reads` is `list`, `get` or `report` and a kind (`Item/product` where a kind has several resources), or `derived` and a
kind, which takes one answer for each list it is made of. `parent` is the document of the record a child stands below.

After a mapping was changed on purpose, write the golden files anew and look at every line of the difference:

    python -m tests.contract.golden
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import strawberry

from ledgermesh.engine.ids import Shelf
from ledgermesh.engine.mapping import Maker, Rejected, element, elements
from ledgermesh.engine.read import rows_of
from ledgermesh.graph.catalogue import catalogue
from ledgermesh.model.platform import Connection, ConnectionState
from ledgermesh.model.record import Record
from ledgermesh.model.row import Row
from ledgermesh.spec.provider import Provider
from ledgermesh.spec.resource import Resource
from ledgermesh.upstream.call import Link
from ledgermesh.upstream.decode import decode
from tests.contract.fields import shown
from tests.contract.known import PROVIDERS

FOLDER = Path(__file__).parents[1] / "providers"
WHEN = dt.datetime(2026, 11, 15, 12, tzinfo=dt.UTC)


def wires() -> list[Path]:
    """All wire files."""
    return sorted(FOLDER.glob("*/wire/*.json"))


def golden_of(wire: Path) -> Path:
    """Where the golden file of a wire file stands."""
    return wire.parents[1] / "golden" / wire.name


def rendered(wire: Path) -> bytes:
    """What the answers in a wire file read to."""
    case: Any = decode(wire.read_bytes())
    provider = PROVIDERS[wire.parents[1].name]
    verb, _, kind = case["reads"].partition(" ")
    if verb == "report":
        found: object = _report(provider, kind, case)
    else:
        found = _records(provider, _resource(provider, kind), verb, case)
    return (json.dumps(found, indent=2, ensure_ascii=False) + "\n").encode()


def _resource(provider: Provider, kind: str) -> Resource:
    name, _, part = kind.partition("/")
    return next(each for each in provider.resources if (each.kind, each.name) == (name, part))


def _report(provider: Provider, kind: str, case: Mapping[str, Any]) -> object:
    endpoint = next(each for each in provider.reports if each.report == kind)
    findings: list[Any] = []
    report = endpoint.fields.record(Row(case["answers"][0], None, case.get("settings", {})), findings)
    return {"fields": shown(report), "findings": [asdict(finding) for finding in findings]}


def _records(provider: Provider, resource: Resource, verb: str, case: Mapping[str, Any]) -> object:
    link = Link(
        "tenant", "sandbox", "connection", provider, "https://provider.example", case.get("settings", {})
    )
    rejected: list[Rejected] = []
    maker = _maker(link, resource)
    parent = _parent(link, resource, case)
    rows = maker.records(_documents(resource, verb, case["answers"]), WHEN, parent, rejected)
    return {"records": [_shown(row) for row in rows], "rejected": [asdict(each) for each in rejected]}


def _maker(link: Link, resource: Resource) -> Maker:
    shown_as = catalogue(PROVIDERS)[link.provider.name]
    connection = Connection(
        id=strawberry.ID(link.connection), provider=shown_as, company_key="company", environment="sandbox",
        state=ConnectionState.ACTIVE,
    )  # fmt: skip

    def ids(kind: str, connection: str) -> Shelf:
        return Shelf(lambda id: f"{kind}/{connection}/{id}", lambda: None)

    return Maker(link, connection, resource, ids)


def _parent(link: Link, resource: Resource, case: Mapping[str, Any]) -> Record | None:
    if resource.children is None:
        return None
    above = next(each for each in link.provider.resources if each.kind == resource.children.parent)
    (parent,) = _maker(link, above).records([case["parent"]], WHEN, None, [])
    return parent


def _documents(resource: Resource, verb: str, answers: Sequence[object]) -> Sequence[object]:
    match verb:
        case "get":
            assert resource.get is not None
            return [element(answers[0], resource.get.item)]
        case "list":
            assert resource.list is not None
            return rows_of(resource.list, answers[0])
        case _:
            assert resource.derived is not None
            pairs = zip(resource.derived.lists, answers, strict=True)
            return resource.derived.rows(
                [row for list_, answer in pairs for row in _each(list_.items, answer)]
            )


def _each(items: str, answer: object) -> Sequence[object]:
    return elements(answer, items) if items else [answer]


def _shown(record: Record) -> dict[str, Any]:
    fields = shown(record)
    findings = [asdict(finding) for finding in record.__dict__["_findings"]]
    return {"nativeId": record.native_id, "fields": fields, "findings": findings}


def rewrite() -> Iterator[Path]:
    """Write every golden file that is not what its wire file reads to."""
    for wire in wires():
        golden, text = golden_of(wire), rendered(wire)
        if not golden.exists() or golden.read_bytes() != text:
            golden.parent.mkdir(exist_ok=True)
            golden.write_bytes(text)
            yield golden


if __name__ == "__main__":
    for written in rewrite():
        print(written.relative_to(FOLDER.parents[1]))
