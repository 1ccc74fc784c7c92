"""What is found wrong with a definition that the contract's own examples do not show."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from ledgermesh.model.account import Account
from ledgermesh.model.trade import DocumentLine, Invoice
from ledgermesh.spec.check import problems
from ledgermesh.spec.leaves import flag, text
from ledgermesh.spec.provider import Closing, Provider, ProviderKind, Setting
from ledgermesh.spec.resource import Children, Derived, Expand, Get, List, Many, Resource, Window
from ledgermesh.spec.wires import each, fields

KINDS = ("Account",)
RESOURCE = Resource(kind="Account", list=List(path="/accounts"), fields=fields(Account, native_id=text("id")))
GOOD = Provider(
    name="acme",
    title="Acme",
    docs_url="https://acme.example",
    checked_on=dt.date(2026, 11, 1),
    kinds=(ProviderKind.ACCOUNTING,),
    base_url="https://acme.example",
    auth=(),
    resources=(RESOURCE,),
    unsupported=dict.fromkeys(
        ("PROFIT_AND_LOSS", "BALANCE_SHEET", "TAX_SUMMARY", "TRIAL_BALANCE"), "Not there."
    ),
)


def found(**changes: Any) -> list[str]:
    """The problems of the good definition after these changes to its one resource."""
    return list(problems(replace(GOOD, resources=(replace(RESOURCE, **changes),)), KINDS))


def test_a_good_definition_has_none() -> None:
    """Nothing to say, also where a setting fills a path."""
    assert list(problems(GOOD, KINDS)) == []
    filled = replace(GOOD, settings=(Setting(name="shop", description="The shop."),))
    shop = replace(RESOURCE, list=List(path="/{shop}/accounts"), get=Get(path="/{shop}/accounts/{id}"))
    assert list(problems(replace(filled, resources=(shop,)), KINDS)) == []


def test_parts_of_parts_are_checked_too() -> None:
    """The place is named down to the line."""
    lines = each("lines", fields(DocumentLine, quantity=flag("n"), nam=text("x")))
    wrong = found(kind="Account", fields=fields(Invoice, native_id=text("id"), lines=lines))
    assert [problem.split(":")[0] for problem in wrong] == ["acme Account lines", "acme Account lines"]
    assert "DocumentLine.quantity is Decimal or NoneType, but its wire gives <class 'bool'>" in wrong[0]
    assert "DocumentLine has no field 'nam'; did you mean 'name'?" in wrong[1]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"get": Get(path="/a/{nr}")}, "/a/{nr} needs 'nr'"),
        ({"derived": Derived(lists=(List(path="/r/{x}"),), rows=list)}, "/r/{x} needs 'x'"),
        ({"list": List(path="/a", window=Window(field="date", start="s", end="e"))}, "pushes down 'date'"),
    ],
)
def test_every_path_and_pushdown_is_looked_at(changes: dict[str, Any], says: str) -> None:
    """Single reads, lists of derived records, windows."""
    assert any(says in problem for problem in found(**changes))


MANY = Many(path="/a", param="ids", ids_max=50)


@pytest.mark.parametrize(
    ("many", "says"),
    [
        (replace(MANY, path="/a/{nr}"), "/a/{nr} needs 'nr'"),
        (replace(MANY, path="/a/{id}"), "the ids go into the parameter 'ids'"),
        (replace(MANY, param=""), "needs the parameter that takes the ids"),
        (replace(MANY, ids_max=1), "fewer than 2 in a call is `get`"),
        (replace(MANY, query=(("ids", "all"),)), "'ids' takes the ids and something else"),
        (replace(MANY, expand=Expand(param="ids")), "'ids' takes the ids and something else"),
    ],
)
def test_a_call_for_several_is_looked_at(many: Many, says: str) -> None:
    """Each contradiction with its remedy; a good one has none."""
    assert found(many=MANY) == []
    [wrong] = found(many=many)
    assert says in wrong


def test_only_records_of_their_own_list_are_read_by_ids() -> None:
    """Below a parent an id is not enough, and derived records have none at the provider."""
    below = Children(parent="Account", needed=lambda row: True)
    [wrong] = found(many=MANY, children=below)
    assert "only records of a list of their own" in wrong
    [wrong] = found(many=MANY, derived=Derived(lists=(List(path="/r"),), rows=list))
    assert "only records of a list of their own" in wrong


def test_a_kind_that_is_there_twice_over_is_no_kind() -> None:
    """A reason for a kind that the model does not have is a misspelt one."""
    wrong = list(problems(replace(GOOD, unsupported={**GOOD.unsupported, "Acount": "x"}), KINDS))
    assert wrong == ["acme: there is no kind 'Acount'; did you mean 'Account'?"]


@pytest.mark.parametrize(
    ("closing", "says"),
    [
        (Closing(kind="Account", field="nam", dates={}), "Account has no field 'nam'; did you mean 'name'?"),
        (Closing(kind="Organization", field="name", dates={}), "'Organization' is read from nowhere"),
        (Closing(kind="Account", field="name", dates={"Bill": "date"}), "'Bill' is read from nowhere"),
    ],
)
def test_what_tells_closed_books_is_read(closing: Closing, says: str) -> None:
    """The kind and field that tell the day, and those that are dated, are the definition's own."""
    [wrong] = problems(replace(GOOD, closing=closing), KINDS)
    assert says in wrong
