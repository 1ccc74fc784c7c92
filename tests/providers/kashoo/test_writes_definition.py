"""What Kashoo and TrulySmall say that they take: complete, and by the model's own names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from ledgermesh.model import account, banking, item, ledger, party, payment, trade
from ledgermesh.spec.inputs import Input, inputs_for
from ledgermesh.spec.provider import Provider
from ledgermesh.spec.write import Never, Put, Search, Stamp, Write
from tests.contract.known import PROVIDERS
from tests.sandbox.contracts import read_contract

MODELS: Mapping[str, Any] = {
    model.__name__: model
    for model in (
        account.Account,
        banking.BankAccount,
        banking.BankTransaction,
        item.Item,
        ledger.JournalEntry,
        ledger.Transfer,
        party.Party,
        party.PartyGroup,
        payment.BillPayment,
        payment.Payment,
        trade.Bill,
        trade.Expense,
        trade.Invoice,
    )
}


@pytest.fixture(params=["kashoo", "trulysmall"])
def provider(request: pytest.FixtureRequest) -> Provider:
    """Either product."""
    return PROVIDERS[str(request.param)]


def form(method: str, path: str) -> str:
    """An operation without the names of its parameters."""
    return f"{method.upper()} {re.sub(r'{[^}]*}', '{}', path)}"


def operations(name: str) -> set[str]:
    """Every operation of a contract that is no read."""
    paths: Mapping[str, Any] = read_contract(name)["paths"]
    methods = ("post", "put", "patch", "delete")
    return {form(method, path) for path, entry in paths.items() for method in methods if method in entry}


def test_every_operation_that_changes_something_is_sent_or_left_out_with_a_reason(provider: Provider) -> None:
    """The contract's operations are the written and the unwritten ones together, each on one side only."""
    written = {form(each.method, each.path) for each in provider.writes if isinstance(each, Write)}
    unwritten = {form(*each.split(" ", 1)) for each in provider.unwritten}
    assert written | unwritten == operations(provider.name)
    assert not written & unwritten
    assert all(provider.unwritten.values())


def fields(puts: Mapping[str, Put], inputs: Mapping[str, Input], above: str) -> Iterator[str]:
    """Fields that no input has, or that are a part in one place and a value in the other."""
    for name, put in puts.items():
        known = inputs.get(name)
        if known is None:
            yield f"{above}{name}"
        elif put.parts is not None:
            assert known.parts is not None, f"{above}{name}"
            yield from fields(put.parts, known.parts, f"{above}{name}.")


def test_every_field_is_an_input_of_its_kind(provider: Provider) -> None:
    """What is taken can be given."""
    wrong = [
        name
        for each in provider.writes
        for name in fields(each.puts, inputs_for(MODELS[each.kind], each.verb), f"{each.kind} {each.verb} ")
    ]
    assert wrong == []


def test_every_verb_says_what_happens_after_an_unclear_answer(provider: Provider) -> None:
    """New records are marked in a text or looked for; what leaves no trace is never repeated; removing stays soft."""
    single = [each for each in provider.writes if isinstance(each, Write)]
    never = {(each.kind, each.verb) for each in single if isinstance(each.repeat, Never)}
    assert {verb for _, verb in never} <= {"SEND", "IMPORT", "UNPROCESS"}
    for each in single:
        if each.verb == "CREATE":
            assert isinstance(each.repeat, Stamp | Search)
            assert not isinstance(each.repeat, Stamp) or each.repeat.field in each.puts
            assert not isinstance(each.repeat, Search) or set(each.repeat.fields) <= set(each.puts)
        if each.verb in ("DELETE", "VOID"):
            assert each.delete == ("VOID" if each.verb == "VOID" else "SOFT")
        if each.verb == "UPDATE":
            assert each.whole
            assert each.method == "PUT"


def test_what_the_products_do_not_share(provider: Provider) -> None:
    """Items are Classic's, the inbox is TrulySmall's; a line of TrulySmall's names no item."""
    verbs = {(each.kind, each.verb) for each in provider.writes}
    lines = next(each.puts["lines"].parts for each in provider.writes if each.kind == "Invoice")
    classic = provider.name == "kashoo"
    assert (("Item", "CREATE") in verbs, ("Invoice", "UNPROCESS") in verbs) == (classic, not classic)
    assert lines is not None
    assert ("item" in lines) is classic
