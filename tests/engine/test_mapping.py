"""From documents to records."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from ledgermesh.engine.mapping import Maker, Rejected, element, elements
from ledgermesh.errors import Garbled
from ledgermesh.model.mapped import row_of
from ledgermesh.spec.resource import Resource
from tests.engine.tiny import GOODS, INVOICES, NOW, PAYMENTS, Shop, hub


def maker(resource: Resource) -> Maker:
    made = hub(Shop())
    return Maker(made.link, made.connection, resource, made.ids)


def test_a_bad_record_costs_itself() -> None:
    """The others are made; what is of another kind is neither made nor rejected."""
    rejected: list[Rejected] = []
    documents: list[object] = [{"id": 1}, {"id": None}, 5, {"id": []}, {"id": 2, "kind": "bill"}, {"id": "3"}]
    rows = maker(INVOICES).records(documents, NOW, None, rejected)
    assert [row.native_id for row in rows] == ["1", "3"]
    assert [(each.path, each.reason) for each in rejected] == [
        ("id", "the record has no id"),
        ("Invoice", "expected an object"),
        ("id", "expected text"),
    ]


@pytest.mark.parametrize("odd", [{"id": None}, {}, {"id": ""}, {"id": True}, {"id": []}, 5, None])
def test_a_page_is_made_as_its_rows_are(odd: object) -> None:
    """Records, their order and what is rejected, for dicts and Documents, with and without an odd row."""
    documents: list[Any] = [{"id": 1}, {"id": "b", "kind": "bill"}, {"id": "c"}, odd, {"id": 0}, {"id": None}]
    resource = replace(INVOICES, omitted={"kind": "told by `keep`"})
    shape = resource.shape("")
    assert shape is not None
    shaped = [
        msgspec.convert(each, shape.document(verbatim=False)) if isinstance(each, dict) else each
        for each in documents
    ]
    for count in (3, 4, 6):
        singly: list[Rejected] = []
        one_by_one = [maker(resource).records([each], NOW, None, singly) for each in documents[:count]]
        ids = [row.native_id for found in one_by_one for row in found]
        for page in (documents[:count], shaped[:count], [*documents[:1], *shaped[1:count]]):
            rejected: list[Rejected] = []
            rows = maker(resource).records(page, NOW, None, rejected)
            assert [row.native_id for row in rows] == ids
            assert [str(row_of(row).doc["id"]) for row in rows] == ids
            assert rejected == singly


def test_ids_hold_what_it_takes_to_find_the_record_again() -> None:
    """The resource where a kind has several, the parent where it stands below one; the address follows from it."""
    (invoice,) = maker(INVOICES).records([{"id": 7, "currency": "CHF"}], NOW, None, [])
    (payment,) = maker(PAYMENTS).records([{"id": 5}], NOW, invoice, [])
    (item,) = maker(GOODS).records([{"id": 9}], NOW, None, [])
    assert [each.native_id for each in (invoice, payment, item)] == ["7", "7-5", "goods:9"]
    found: Any = payment
    assert found.currency == "CHF"
    addresses = [each.__dict__["_origin"].address(each.native_id) for each in (invoice, payment, item)]
    base = "https://tiny.example/v1"
    assert addresses == [f"{base}/a%2Fb/invoices/7", f"{base}/a%2Fb/invoices/7/payments/5", f"{base}/goods/9"]


def test_the_array_of_an_answer() -> None:
    """Where the definition says it is, and nowhere else."""
    assert elements([1], "") == [1]
    assert elements({"a": {"b": [1]}}, "a.b") == [1]
    for document, path in (({"a": 5}, "a"), ({}, "a.b"), (None, ""), ({"rows": []}, ""), ("text", "a")):
        with pytest.raises(Garbled):
            elements(document, path)


def test_a_single_record_comes_wrapped_or_bare() -> None:
    """Both are taken; an empty wrapper is not mistaken for the record."""
    assert element({"row": {"id": 1}}, "row") == {"id": 1}
    assert element({"id": 1}, "row") == {"id": 1}
    assert element({"id": 1}, "") == {"id": 1}
    assert element([], "row") == []
