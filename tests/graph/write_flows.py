"""One write of every kind and verb that each provider takes, in an order in which they can be done."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ledgermesh.model.enums import AccountType, DocumentKind
from ledgermesh.spec.write import File, WriteVerb
from tests.contract.stand import Stand
from tests.providers.bossinsights import test_writes as boss
from tests.providers.kashoo import test_writes as kashoo_records
from tests.providers.kashoo.test_writes_money import STATEMENT, expense
from tests.providers.kashoo.writes import EVERY, MASTER, RECORDS, open_shop
from tests.providers.kashoo.writes import by as reference
from tests.providers.smallinvoice import test_writes_actions as moves
from tests.providers.smallinvoice import test_writes_documents as papers
from tests.providers.smallinvoice import test_writes_records as office
from tests.providers.smallinvoice.writes import DAY, DOCUMENTS, by, chf, invoice, some


@dataclass(frozen=True)
class Wish:
    """One write to be done."""

    kind: str
    verb: WriteVerb
    values: Mapping[str, Any]
    id: str | None = None
    """The provider's own id of the record, as our native id."""
    ids: tuple[str, ...] = ()
    """Those of several records that are to change alike."""


ALIKE = ("effort for a cost unit", "effort for a contact")
"""Cases that are written by the same requests as another."""
Flow = AsyncGenerator[Wish, str]
"""Gives wishes; is sent the native id of the record that resulted, empty where there is none."""


async def kashoo(stand: Stand) -> Flow:
    """Both editions: master data, records, their ends, what is composed, and the letter."""
    shop = await open_shop(stand)
    small = stand.provider.name == "trulysmall"
    for kind in (each for each in EVERY if not (small and each == "Item")):
        id = yield Wish(kind, "CREATE", await shop.values(kind))
        if kind in (*MASTER, *RECORDS):
            yield Wish(kind, "UPDATE", kashoo_records.ONE[kind], id)
            if kind in RECORDS:
                others = [(await shop.make(kind)).native_id for _ in range(2)]
                yield Wish(kind, "UPDATE_MANY", kashoo_records.ONE[kind], ids=tuple(others))
            if small and kind in RECORDS:
                yield Wish(kind, "UNPROCESS", {}, (await shop.make(kind)).native_id)
            if kind in RECORDS:
                yield Wish(kind, "VOID", {}, (await shop.make(kind)).native_id)
            yield Wish(kind, "DELETE", {}, id)
    vendor = {"party": reference(shop.party)}
    yield Wish("Expense", "CREATE", await expense(shop, **vendor))
    for kind in ("Invoice", "Bill"):
        paper = await shop.make(kind)
        yield Wish(kind, "PAY", {"date": DAY, "account": shop.account("CASH")}, paper.native_id)
    letter = {"recipients": ({"email": "a@harbour.test"},), "message": "Attached."}
    yield Wish("Invoice", "SEND", letter, (await shop.make("Invoice")).native_id)


async def statement(stand: Stand) -> Flow:
    """A bank statement, which the provider fetches from an address."""
    shop = await open_shop(stand)
    file = File("Nov.ofx", "application/x-ofx", STATEMENT)
    yield Wish("BankTransaction", "IMPORT", {"file": file, "account": shop.account("CASH")})


async def bossinsights(stand: Stand) -> Flow:
    """Everything that has a POST, and what is a status in it."""
    desk = boss.Desk(**vars(stand))
    for name, changed in boss.UPDATES.items():
        kind = boss.kind_of(name)
        id = yield Wish(kind, "CREATE", await boss.new(desk, name))
        yield Wish(kind, "UPDATE", changed, id)
    for kind in ("Invoice", "Bill", "CreditNote"):
        values = await (boss.bought(desk) if kind == "Bill" else boss.sold(desk))
        id = yield Wish(kind, "CREATE", values)
        yield Wish(kind, "SET_STATUS", {"status": "REFUNDED" if kind == "CreditNote" else "DRAFT"}, id)
        if kind != "CreditNote":
            paid = yield Wish(kind, "CREATE", values)
            bank = await boss.account(desk, AccountType.BANK)
            yield Wish(kind, "PAY", {"date": DAY, "account": bank}, paid)
            yield Wish(kind, "VOID", {}, id)


async def accountsos(stand: Stand) -> Flow:
    """A category with a note, and an upload."""
    line = (await some(stand, "BankTransaction", 1))[0]
    accounts = [row for row in await some(stand, "Account", 60) if row.classification.value == "EXPENSE"]
    other = next(row for row in accounts if row.native_id != line.category.native_id)
    values = {"category": {"native_id": other.native_id}, "notes": "Lunch"}
    yield Wish("BankTransaction", "UPDATE", values, line.native_id)
    scan = File("lunch.pdf", "application/pdf", b"%PDF-1.7 lunch")
    yield Wish("Document", "CREATE", {"file": scan, "kind": DocumentKind.RECEIPT})


async def smallinvoice(stand: Stand) -> Flow:
    """Records, documents, payments; what is sent and what is moved."""
    for case in (each for each in office.CASES if each not in ALIKE):
        kind, values = await office.new(stand, case)
        id = yield Wish(kind, "CREATE", values)
        yield Wish(kind, "UPDATE", _other(values), id)
        yield Wish(kind, "DELETE", {}, id)
    for kind in (*DOCUMENTS, "Letter"):
        id = yield Wish(kind, "CREATE", await papers.values(stand, kind))
        yield Wish(kind, "UPDATE", {"private_note": "Neu"}, id)
        letter: dict[str, Any] = dict(moves.MAIL)
        yield Wish(kind, "SEND", letter, id)
        yield Wish(kind, "SEND", {"channel": "POST", "color": True}, id)
        word = next(iter(moves.MOVES[kind]))
        own = next(each for each in await some(stand, kind, 40) if each.status_raw == "DR")
        yield Wish(kind, "SET_STATUS", {"status": word}, own.native_id)
        yield Wish(kind, "DELETE", {}, id)
    project = next(each for each in await some(stand, "Project", 20) if each.status_raw == "O")
    yield Wish("Project", "SET_STATUS", {"status": "CLOSED"}, project.native_id)
    made = await invoice(stand)
    settles = {"allocations": ({"document": by(made)},), "date": DAY, "amount": chf("8.10"), "memo": "Bar"}
    paid = yield Wish("Payment", "CREATE", settles)
    yield Wish("Payment", "UPDATE", {"memo": "Doch nicht"}, paid)
    yield Wish("Payment", "DELETE", {}, paid)
    yield Wish("Invoice", "PAY", {"date": DAY}, made.native_id)
    yield Wish("Invoice", "VOID", {}, (await invoice(stand)).native_id)


def _other(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """One field of a new record, changed."""
    given = ("name", "notes", "title", "city", "phone", "bic", "end_time", "rate")
    name = next(name for name in given if name in values)
    other: Any = {"end_time": "12:00", "rate": Decimal("0.09"), "bic": "UBSWCHZH80A"}.get(name, "Anders")
    return {name: other}


FLOWS: Mapping[str, tuple[str, Callable[[Stand], Flow]]] = {
    "accountsos": ("grand-tour", accountsos),
    "bossinsights": ("grand-tour", bossinsights),
    "kashoo": ("grand-tour", kashoo),
    "smallinvoice": ("alpine-studio", smallinvoice),
    "trulysmall": ("grand-tour", kashoo),
}
"""By provider: whose books they are, and the writes."""
