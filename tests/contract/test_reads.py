"""Every declared way to read gives records, through the real stack and against the emulator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import httpx
import pytest

from ledgermesh.errors import Unsupported
from ledgermesh.graph.kinds import NAMES
from ledgermesh.model.mapped import graphql_name, read_all, row_of
from ledgermesh.model.record import Record
from ledgermesh.model.row import Document, Row, plain
from ledgermesh.spec.query import ListQuery
from ledgermesh.spec.resource import Resource
from ledgermesh.spec.wires import ABSENT
from ledgermesh.upstream.decode import decode
from tests.contract.fields import shown
from tests.contract.known import PROVIDERS
from tests.contract.reading import all_of, open_resource
from tests.contract.stand import Stand, standing

KINDS = [
    pytest.param(name, kind, id=f"{name}-{kind}")
    for name, provider in sorted(PROVIDERS.items())
    for kind in NAMES
    if any(resource.kind == kind for resource in provider.resources)
]
REPORTS = [
    pytest.param(name, report, id=f"{name}-{report.report}")
    for name, provider in sorted(PROVIDERS.items())
    for report in provider.reports
]
PARENTS = 12
"""Of how many parents the children are read."""
ARGUMENTS = {"from": "2026-01-01", "to": "2026-09-30", "asOf": "2026-09-30", "period": "Q3 2026"}


@pytest.mark.parametrize(("name", "kind"), KINDS)
async def test_a_list_gives_records_with_ids_of_their_own(name: str, kind: str) -> None:
    """Records come, none is left out, none has a finding, and no id comes twice in a connection."""
    async with standing(name) as stand:
        whole = await all_of(stand, kind)
    rows = whole.rows
    assert rows and not whole.rejected
    assert len({row.native_id for row in rows}) == len(rows)
    for row in rows:
        read_all(row)
        assert row.__dict__["_findings"] == []


@pytest.mark.parametrize(("name", "kind"), KINDS)
async def test_documents_have_the_shape_that_their_definition_gives_them(name: str, kind: str) -> None:
    """All that is listed fits into it, and says what it says as a dict; who reads `source` sees it as it came."""
    fields = frozenset(
        field
        for each in PROVIDERS[name].resources
        if each.kind == kind
        for field, wire in each.fields.wires.items()
        if wire.transform != ABSENT
    )
    async with standing(name) as stand:
        shaped = (await all_of(stand, kind, fields)).rows
        exact = (await all_of(stand, kind, fields | {"source"})).rows
    lists = [each.list for each in PROVIDERS[name].resources if each.kind == kind and each.list is not None]

    # What is derived, or made of an object, was never a document in a list.
    listed = bool(lists) and not any(each.rows for each in lists)
    assert all(isinstance(row_of(row).doc, Document) for row in shaped) is listed
    assert not any(isinstance(row_of(row).doc, Document) for row in exact)
    assert [plain(row_of(row).doc) for row in shaped] == [row_of(row).doc for row in exact]
    assert list(map(shown, shaped)) == list(map(shown, exact))


@pytest.mark.parametrize(("name", "kind"), KINDS)
async def test_one_by_one_many_at_once_and_the_list_agree(name: str, kind: str) -> None:
    """A record read by its id, alone or among others, says the same as in the list; an id that is none says nothing."""
    async with standing(name) as stand:
        rows = (await all_of(stand, kind)).rows
        listed = {row.native_id: shown(row) for row in (rows[0], rows[len(rows) // 2], rows[-1])}
        many = await stand.hub().many(kind, list(listed), frozenset())
        single = {id: await stand.hub().one(kind, id, frozenset()) for id in listed}
    for id, fields in listed.items():
        for found in (many[id], single[id]):
            assert isinstance(found, Record)
            assert shown(found) == fields


@pytest.mark.parametrize(("name", "kind"), KINDS)
async def test_ids_of_nothing_give_nothing(name: str, kind: str) -> None:
    """An id that the provider does not have is None among the others, never another record or an error."""
    async with standing(name) as stand:
        rows = (await all_of(stand, kind)).rows
        strange = rows[0].native_id[:-1] + ("1" if rows[0].native_id[-1] != "1" else "2")
        while any(row.native_id == strange for row in rows):
            strange += "7"
        found = await stand.hub().many(kind, [strange, rows[0].native_id], frozenset())
    assert found[strange] is None
    assert isinstance(found[rows[0].native_id], Record)


@pytest.mark.parametrize(("name", "kind"), KINDS)
async def test_fields_that_nobody_knows_are_ignored(name: str, kind: str) -> None:
    """A provider that adds fields and words changes nothing but what is unmapped."""
    async with standing(name) as stand:
        before = await all_of(stand, kind)
        stand.rig.additive(stand.emulator)
        stand.line.lax = True
        after = await all_of(stand, kind)
    assert not after.rejected
    assert {row.native_id for row in after.rows} == {row.native_id for row in before.rows}
    for row in after.rows:
        read_all(row)
        assert row.__dict__["_findings"] == []


@pytest.mark.parametrize(("name", "resource"), [
    pytest.param(name, resource, id=f"{name}-{resource.kind}{resource.name}")
    for name, provider in sorted(PROVIDERS.items())
    for resource in provider.resources
    if resource.list is not None and resource.children is None and resource.list.rows is None
    # What tells the kind of a row in a list of several kinds cannot be left out.
    if resource.keep is None or resource.keep(Row({"id": 1}))
])  # fmt: skip
async def test_what_a_document_leaves_out_reads_as_null(name: str, resource: Resource) -> None:
    """A record that holds nothing but its id is a record: every other field is null or empty, without a finding."""
    async with standing(name) as stand:
        stand.line.editing = _stripped(resource)
        rows = (await open_resource(stand, resource).page(None, size=5)).rows
    assert rows
    own = set(resource.fields.wires["native_id"].paths)
    told = {graphql_name(name) for name, wire in resource.fields.wires.items() if own & set(wire.paths)}
    for field, value in shown(rows[0], fixed=False).items():
        assert field in told or value is None or value == [], field
    assert rows[0].__dict__["_findings"] == []


async def test_a_parent_without_any_costs_no_call() -> None:
    """Where a parent's own document says that it has none."""
    told = 0
    for name, provider in sorted(PROVIDERS.items()):
        for resource in provider.resources:
            if resource.children is None:
                continue
            async with standing(name) as stand:
                parents = (await all_of(stand, resource.children.parent)).rows
                poor = [each for each in parents if not resource.children.needed(each.__dict__["_row"])]
                stand.line.seen.clear()
                assert not any(await stand.hub().children(resource.kind, poor, frozenset())) if poor else True
                assert stand.line.seen == []
                told += bool(poor)
    assert told


def _stripped(resource: Resource) -> Callable[[httpx.Response], httpx.Response]:
    """Leaves of every record of a list nothing but what its id is made of."""
    keep = resource.fields.wires["native_id"].paths

    def edit(response: httpx.Response) -> httpx.Response:
        document: Any = decode(response.content)
        assert resource.list is not None
        rows = document[resource.list.items] if resource.list.items else document
        bare = [{name: row[name] for name in keep} for row in rows]
        return httpx.Response(200, json={resource.list.items: bare} if resource.list.items else bare)

    return edit


def record(found: object) -> Record:
    """What must be a record."""
    assert isinstance(found, Record)
    return found


async def test_children_come_below_their_parents(stand: Stand) -> None:
    """Each parent gives its own children, ids tell the parent, and a parent without any costs no call."""
    for resource in stand.provider.resources:
        if resource.children is None:
            continue
        parents = (await all_of(stand, resource.children.parent)).rows[:PARENTS]
        needy = [parent for parent in parents if resource.children.needed(parent.__dict__["_row"])]
        stand.line.seen.clear()
        found = await stand.hub().children(resource.kind, parents, frozenset())
        assert 0 < len({request.url.path for _, request in stand.line.seen}) == len(needy)
        assert any(found)
        for parent, rows in zip(parents, found, strict=True):
            assert isinstance(rows, Sequence)
            assert not rows or parent in needy
            assert all(row.native_id.startswith(f"{parent.native_id}-") for row in rows)
            many = await stand.hub().many(resource.kind, [row.native_id for row in rows[:1]], frozenset())
            assert [shown(record(many[row.native_id])) for row in rows[:1]] == [
                shown(row) for row in rows[:1]
            ]


@pytest.mark.parametrize(("name", "report"), REPORTS)
async def test_reports_are_read_as_they_are(name: str, report: Any) -> None:
    """Each declared report comes with its period and sections, without a finding."""
    async with standing(name) as stand:
        answer = await stand.hub().report(report.report, ARGUMENTS)
    read_all(answer.report)
    assert answer.report.__dict__["_findings"] == []
    if report.report == "METRICS":
        assert answer.report.metrics and answer.report.metrics[0].series[0].value is not None
        return
    row = answer.report.sections[0].rows[0]
    assert any(each is not None for each in (row.amount, row.debit, row.credit))


async def test_what_is_not_there_is_said_so(stand: Stand) -> None:
    """Each kind without a resource is refused with its reason and without a call."""
    for kind, reason in stand.provider.unsupported.items():
        with pytest.raises(Unsupported) as refused:
            if kind in NAMES:
                stand.hub().lists(ListQuery(kind))
            else:
                await stand.hub().report(kind, ARGUMENTS)
        assert refused.value.message == reason
    assert stand.line.seen == []
