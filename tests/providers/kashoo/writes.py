"""What the tests of Kashoo's and TrulySmall's writes share: books, references, and values of every kind."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx
import msgspec

from ledgermesh.engine.change import By
from ledgermesh.engine.planned import Plan
from ledgermesh.engine.version import MISSING, field_of
from ledgermesh.model.enums import AccountType, BankAccountKind, ItemKind, PartyRole, PaymentMethod, Side
from ledgermesh.model.mapped import Mapped
from ledgermesh.model.money import Money
from ledgermesh.model.record import Record
from ledgermesh.spec.pointer import Pointer
from ledgermesh.spec.write import Put, WriteVerb
from tests.contract.reading import all_of
from tests.contract.stand import Stand
from tests.writing import carry_out, change

DAY, DUE, LATER = dt.date(2026, 11, 3), dt.date(2026, 12, 3), dt.date(2026, 11, 9)
STAMPED = ("private_note", "memo", "description", "notes")
"""Fields that the mark of a request may go into."""


def by(record: Any) -> By:
    """A reference to this record, or to what a pointer names."""
    kind = record.kind if isinstance(record, Pointer) else type(record).__name__
    return By(kinds=(kind,), path="", native_id=record.native_id)


@dataclass
class Shop:
    """One stand and what its books hold, found once."""

    stand: Stand
    accounts: Mapping[str, Any]
    """The first account of each type that may be changed, by Kashoo's word; those kept in the home currency first."""
    party: Any
    other: Any
    currency: str

    def money(self, amount: str) -> Money:
        """An amount in the home currency."""
        return Money(amount=Decimal(amount), currency=self.currency)

    def account(self, word: str) -> By:
        """A reference to an account of this type."""
        return by(self.accounts[word])

    async def one(self, kind: str, native_id: str) -> Any:
        """A record, whole."""
        found = await self.stand.hub().one(kind, native_id, frozenset())
        assert found is not None
        return found

    async def done(
        self,
        kind: str,
        verb: WriteVerb,
        values: Mapping[str, Any] | None = None,
        id: str | None = None,
        **more: Any,
    ) -> Any:
        """The record that a change leaves, once it is carried out; None where nothing is left to read."""
        return await carry_out(self.stand, change(self.stand, kind, verb, values, id=id, **more))

    async def make(self, kind: str, **more: Any) -> Any:
        """A new record of this kind, of the values below and these."""
        values = {**await self.values(kind), **more}
        made = await self.done(kind, "CREATE", values)
        assert made is not None
        return made

    async def values(self, kind: str) -> dict[str, Any]:
        """Everything that a new record of this kind may say, or most of it."""
        found: dict[str, Any] = await _VALUES[kind](self)
        if self.stand.provider.name == "trulysmall":
            for line in found.get("lines", ()):
                line.pop("item", None)
        return found


async def open_shop(stand: Stand) -> Shop:
    """The books of the stand's first company."""
    accounts: dict[str, Any] = {}
    for account in await listed(stand, "Account"):
        if not account.archived and not account.deleted:
            accounts.setdefault(account.type_raw, account)
    parties = [row for row in await listed(stand, "Party") if not row.deleted]
    return Shop(stand, accounts, parties[0], parties[1], stand.link().settings["currency"])


async def listed(stand: Stand, kind: str) -> list[Any]:
    """All records of a kind that are not below others."""
    return list((await all_of(stand, kind)).rows)


# -- values ----------------------------------------------------------------------------------------------------------


async def _account(shop: Shop) -> dict[str, Any]:
    return {
        "name": "Parking",
        "code": "6999",
        "description": "Streets and garages",
        "type": AccountType.OPERATING_EXPENSE,
        "tax_number": "815",
        "parent": shop.account("EXPENSE"),
    }


async def _bank_account(shop: Shop) -> dict[str, Any]:
    return {
        "name": "Reserve",
        "account_number": "1099",
        "kind": BankAccountKind.CHECKING,
        "currency": shop.currency,
    }


async def _party(shop: Shop) -> dict[str, Any]:
    return {
        "display_name": "Harbour Café",
        "first_name": "Ann",
        "last_name": "Lee",
        "is_individual": True,
        "roles": (PartyRole.CUSTOMER, PartyRole.SUPPLIER),
        "receivable_account": shop.account("ACCOUNTS_RECEIVABLE"),
        "payable_account": shop.account("ACCOUNTS_PAYABLE"),
        "email": "ann@harbour.test",
        "phone": "+1 902 555 0100",
        "phones": ("+1 902 555 0100",),
        "website": "https://harbour.test",
        "address": {
            "lines": ("1 Water St", "Unit 4"),
            "city": "Halifax",
            "region": "NS",
            "postal_code": "B3H 1A1",
            "country": "CA",
        },
        "currency": shop.currency,
        "payment_terms": "Net 30",
        "notes": "Pays late\nRing first",
        "parent": by(shop.other),
    }


async def _group(shop: Shop) -> dict[str, Any]:
    return {"name": "Regulars", "kind_raw": "CUSTOMER", "members": (by(shop.party), by(shop.other))}


async def _item(shop: Shop) -> dict[str, Any]:
    return {
        "name": "Tasting",
        "code": "T-1",
        "description": "Five wines",
        "kind": ItemKind.INVENTORY,
        "sales_price": shop.money("12.50"),
        "purchase_price": shop.money("7.125"),
        "notes": "On Fridays",
        "sales_account": shop.account("INCOME"),
        "purchase_account": shop.account("EXPENSE"),
    }


def _paper(word: str) -> Any:
    async def values(shop: Shop) -> dict[str, Any]:
        return {
            "number": f"{word[:2]}-77",
            "date": DAY,
            "due_date": DUE,
            "currency": shop.currency,
            "party": by(shop.party),
            "reference": "PO 5",
            "memo": "Thank you",
            "private_note": "Seen by nobody",
            "payment_terms": "Net 30",
            "lines": (
                {
                    "description": "Hours",
                    "account": shop.account(word),
                    "quantity": Decimal("2.5"),
                    "unit_price": shop.money("40.10"),
                    "discount_percent": Decimal(10),
                },
                {"description": "Travel", "account": shop.account(word), "net": shop.money("9.99")},
            ),
        }

    return values


def _payment(kind: str) -> Any:
    async def values(shop: Shop) -> dict[str, Any]:
        paper = await shop.make(kind, number=None)
        return {
            "number": "P-9",
            "date": LATER,
            "currency": shop.currency,
            "party": by(shop.party),
            "account": shop.account("CASH"),
            "method": PaymentMethod.BANK_TRANSFER,
            "amount": shop.money("30.00"),
            "unallocated": shop.money("4.50"),
            "memo": "By post",
            "allocations": ({"amount": shop.money("25.50"), "document": by(paper)},),
        }

    return values


async def _transfer(shop: Shop) -> dict[str, Any]:
    return {
        "number": "T-1",
        "date": DAY,
        "description": "To the card",
        "currency": shop.currency,
        "amount": shop.money("12.34"),
        "from_account": shop.account("CASH"),
        "to_account": shop.account("CREDIT_CARD"),
    }


async def _entry(shop: Shop) -> dict[str, Any]:
    sides = (("CASH", Side.DEBIT, "7.00"), ("EXPENSE", Side.DEBIT, "3.25"), ("EQUITY", Side.CREDIT, "10.25"))
    return {
        "number": "J-1",
        "date": DAY,
        "description": "Correction",
        "currency": shop.currency,
        "lines": tuple(
            {
                "account": shop.account(word),
                "side": side,
                "amount": shop.money(amount),
                "description": word.lower(),
            }
            for word, side, amount in sides
        ),
    }


_VALUES: Mapping[str, Any] = {
    "Account": _account,
    "BankAccount": _bank_account,
    "Party": _party,
    "PartyGroup": _group,
    "Item": _item,
    "Invoice": _paper("INCOME"),
    "Bill": _paper("EXPENSE"),
    "Payment": _payment("Invoice"),
    "BillPayment": _payment("Bill"),
    "Transfer": _transfer,
    "JournalEntry": _entry,
}
RECORDS = ("Invoice", "Bill", "Payment", "BillPayment", "Transfer", "JournalEntry")
MASTER = ("Account", "BankAccount", "Party", "Item")
EVERY = (*_VALUES,)


# -- what a record says, as input -----------------------------------------------------------------------------------


def puts_of(stand: Stand, kind: str, verb: str) -> Mapping[str, Put]:
    """What a kind's verb takes."""
    return next(each.puts for each in stand.provider.writes if (each.kind, each.verb) == (kind, verb))


def as_input(record: Mapped, puts: Mapping[str, Put]) -> dict[str, Any]:
    """Everything that may be given, as the record says it: what a caller who changes nothing sends back."""
    found: dict[str, Any] = {}
    for name, put in puts.items():
        value = field_of(record, name)
        if value != MISSING:
            found[name] = _value(value, put)
    return found


def _value(value: Any, put: Put) -> Any:
    if put.parts is not None and put.many:
        rows = [as_input(row, put.parts) for row in value]
        if put.key:
            return tuple({"native_id": row.native_id, **own} for row, own in zip(value, rows, strict=True))
        return tuple(rows)
    if put.parts is not None:
        return None if value is None else as_input(value, put.parts)
    if put.kind and isinstance(value, str):
        return By(kinds=tuple(put.kind.split("|")), path="", native_id=value)
    if isinstance(value, tuple):
        return tuple(_value(each, put) for each in value)
    if isinstance(value, Pointer):
        return by(value)
    if isinstance(value, Mapped):
        return {
            name: _value(each, put) for name in value.__dict__["_wires"] if (each := getattr(value, name))
        }
    return value


def with_ids(value: Any) -> Any:
    """The values with the ids that references were given by."""
    if isinstance(value, Mapping):
        return {name: with_ids(each) for name, each in value.items()}
    if isinstance(value, tuple):
        return tuple(with_ids(each) for each in value)
    return getattr(value, "native_id", value)


# -- what went over the line ---------------------------------------------------------------------------------------


def changes(stand: Stand) -> list[httpx.Request]:
    """The requests that changed something; signing in does not."""
    sent = [request for _, request in stand.line.seen if request.method != "GET"]
    return [request for request in sent if not request.url.path.endswith("/authTokens")]


def body(plan: Plan, step: int = 0) -> Any:
    """The JSON body of a step."""
    sent = plan.steps[step].body
    assert sent is not None
    return msgspec.json.Decoder(float_hook=Decimal).decode(sent)


def blocking(plan: Plan) -> dict[str, str]:
    """Where a plan is blocked, and by which code."""
    return {finding.path: finding.code for finding in plan.findings if finding.blocks}


def document(record: Record) -> Mapping[str, Any]:
    """The provider's document of a record."""
    found: Mapping[str, Any] = record.__dict__["_row"].doc
    return found
