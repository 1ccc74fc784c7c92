"""A provider made for tests of the engine, and its answers by path: everything below the stack in one function."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import strawberry
from msgspec.structs import replace

from ledgermesh.engine.hub import Hub
from ledgermesh.engine.ids import Shelf
from ledgermesh.engine.request import Terms
from ledgermesh.errors import Absent, LedgermeshError
from ledgermesh.graph.catalogue import catalogue
from ledgermesh.model.banking import BankTransaction
from ledgermesh.model.item import Item, TaxRate
from ledgermesh.model.payment import Payment
from ledgermesh.model.platform import Connection, ConnectionState
from ledgermesh.model.report import Report
from ledgermesh.model.trade import Invoice
from ledgermesh.spec.leaves import day, decimal, text
from ledgermesh.spec.paging import FirstRows, Offset, Whole
from ledgermesh.spec.provider import Provider, ProviderKind
from ledgermesh.spec.resource import Children, Derived, Expand, Get, List, ReportEndpoint, Resource, Window
from ledgermesh.spec.wires import each, fields
from ledgermesh.upstream.call import Call, Fresh, Link, Response, Trace
from ledgermesh.upstream.decode import decode

NOW = dt.datetime(2026, 11, 15, 12, tzinfo=dt.UTC)
PAGES = Offset(size_max=3)

INVOICES = Resource(
    kind="Invoice",
    list=List(
        path="/{shop}/invoices",
        items="rows",
        page=PAGES,
        query=(("until", "{today}"),),
        window=Window(field="date", start="from", end="to"),
        expand=Expand(param="with"),
    ),
    get=Get(path="/{shop}/invoices/{id}", item="row", expand=Expand(param="with")),
    keep=lambda row: row.doc.get("kind") != "bill",
    fields=fields(
        Invoice,
        native_id=text("id"),
        number=text("number"),
        date=day("date"),
        lines=each("lines", fields(Invoice), expand="lines"),
    ),
)
PAYMENTS = Resource(
    kind="Payment",
    list=List(path="/{shop}/invoices/{parent}/payments", items="rows", page=PAGES),
    get=Get(path="/{shop}/invoices/{parent}/payments/{id}"),
    children=Children(parent="Invoice", needed=lambda row: bool(row.doc.get("paid"))),
    fields=fields(Payment, native_id=text("id"), currency=text("^currency")),
)
GOODS, HOURS = (
    Resource(
        kind="Item",
        name=name,
        list=List(path=f"/{name}", page=Whole()),
        get=Get(path=f"/{name}/{{id}}"),
        fields=fields(Item, native_id=text("id"), name=text("name")),
    )
    for name in ("goods", "hours")
)
BANK = Resource(
    kind="BankTransaction",
    list=List(path="/bank", page=FirstRows(size_max=3, reason="no way on"), search="q"),
    fields=fields(BankTransaction, native_id=text("id"), description=text("text")),
)
TAXES = Resource(
    kind="TaxRate",
    derived=Derived(
        lists=(
            List(path="/rates", items="rows", page=PAGES),
            List(path="/book", query=(("day", "{today}"),)),
        ),
        rows=lambda found: [row for row in found if isinstance(row, Mapping) and "rate" in row],
    ),
    fields=fields(TaxRate, native_id=text("id"), rate=decimal("rate")),
)
TINY = Provider(
    name="tiny",
    title="Tiny Books",
    docs_url="https://tiny.example",
    checked_on=NOW.date(),
    kinds=(ProviderKind.ACCOUNTING,),
    base_url="https://tiny.example/v1",
    auth=(),
    notes="said",
    resources=(INVOICES, PAYMENTS, GOODS, HOURS, BANK, TAXES),
    reports=(
        ReportEndpoint(
            report="PROFIT_AND_LOSS",
            path="/profit",
            params=(("from", "since"), ("to", "till")),
            fields=fields(Report, title=text("title")),
        ),
    ),
    unsupported={"Bill": "Tiny Books has no bills."},
)

Answering = Callable[[Call], object]


@dataclass
class Shop:
    """The provider's answers: a document, an error, or what a function says, by path."""

    answers: dict[str, object | Answering] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)

    async def __call__(self, call: Call) -> Response:
        self.calls.append(call)
        found = self.answers.get(call.path, Absent("the provider has no such record"))
        document = found(call) if callable(found) else found
        if isinstance(document, LedgermeshError):
            raise document
        body = json.dumps(document).encode()
        return Response(200, {}, body, decode(body), NOW + dt.timedelta(seconds=len(self.calls)))

    @property
    def asked(self) -> list[str]:
        """Paths with their query, in the order they came."""
        return [
            f"{call.path}?{'&'.join('='.join(pair) for pair in call.query)}".rstrip("?")
            for call in self.calls
        ]


def paged(rows: list[Any], **beside: object) -> Answering:
    """A list in pages of three at most."""

    def page(call: Call) -> object:
        query = dict(call.query)
        start = int(query.get("offset", 0))
        return {"rows": rows[start : start + min(int(query["limit"]), 3)], **beside}

    return page


def hub(shop: Shop, *, settings: Mapping[str, str] | None = None) -> Hub:
    """The shop's books during one request."""
    link = Link(
        "tenant", "live", "link-1", TINY, TINY.base_url, {"shop": "a/b"} if settings is None else settings
    )
    shown = Connection(
        id=strawberry.ID("link-1"),
        provider=catalogue({"tiny": TINY})["tiny"],
        company_key="company",
        environment="live",
        state=ConnectionState.ACTIVE,
    )
    return Hub(
        shop,
        terms(),
        link,
        shown,
        lambda kind, connection: Shelf(lambda id: f"{kind}/{connection}/{id}", lambda: None),
    )


def terms(**changes: Any) -> Terms:
    """What the calls of one request share."""
    return replace(Terms(20.0, 0.0, Fresh(), Trace(), NOW.date()), **changes)
