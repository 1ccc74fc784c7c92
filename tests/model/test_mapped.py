"""Fields are read when they are asked for, once, and a bad one costs itself."""

from __future__ import annotations

from typing import Any

import pytest

from ledgermesh.model.account import Account
from ledgermesh.model.mapped import Finding
from ledgermesh.model.row import Malformed, Row
from ledgermesh.model.trade import DocumentLine, Invoice
from ledgermesh.spec.leaves import flag, text
from ledgermesh.spec.wires import each, fields, made


def test_nothing_is_read_before_it_is_asked_for_and_nothing_twice() -> None:
    """The reader of a field runs with its first reading only."""
    reads: list[str] = []

    def read(row: Row) -> object:
        reads.append("name")
        return row.doc["n"]

    account: Any = fields(Account, name=made(str, "n", read=read, transform="n")).record(
        Row({"n": "Cash"}), []
    )
    assert reads == []
    assert [account.name, account.name, reads] == ["Cash", "Cash", ["name"]]


def test_a_value_that_cannot_be_read_costs_its_field() -> None:
    """It is null, lists are empty, and the finding names the field, the place and what was expected."""
    findings: list[Finding] = []
    lines = each("rows", fields(DocumentLine))
    made_of = fields(Invoice, native_id=text("id"), deleted=flag("gone"), lines=lines)
    invoice: Any = made_of.record(Row({"id": 7, "gone": "no", "rows": "none"}), findings)
    assert (invoice.native_id, invoice.deleted, invoice.lines) == ("7", None, ())
    assert invoice.deleted is None and len(findings) == 2
    assert [(each.code, each.path, each.source_path) for each in findings] == [
        ("MALFORMED", "deleted", "gone"),
        ("MALFORMED", "lines", "rows"),
    ]


def test_a_field_without_a_wire_is_null() -> None:
    """The provider has no such value; lists are empty."""
    invoice: Any = fields(Invoice, native_id=text("id")).record(Row({"id": 1}), [])
    assert (invoice.total, invoice.lines, invoice.payment_refs) == (None, (), ())


def test_what_is_no_field_is_no_attribute() -> None:
    """Also on the way through copying and printing, which look for methods first."""
    account: Any = fields(Account, native_id=text("id")).record(Row({"id": 1}), [])
    with pytest.raises(AttributeError):
        account.no_such_field  # noqa: B018  # the reading is the test
    with pytest.raises(AttributeError):
        object.__new__(Account).name  # noqa: B018  # not made over a row


def test_only_malformed_values_are_forgiven() -> None:
    """A mistake of ours comes out as what it is."""

    def read(_: Row) -> object:
        raise KeyError("ours")

    account: Any = fields(Account, name=made(str, "n", read=read, transform="n")).record(Row({}), [])
    with pytest.raises(KeyError):
        account.name  # noqa: B018  # the reading is the test
    assert issubclass(Malformed, Exception)
