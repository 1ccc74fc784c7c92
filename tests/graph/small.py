"""One company whose books lie in small emulators, each behind a connection of its own that a test may cut."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields, replace
from functools import cache
from random import Random
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.routing import Mount

from ledgermesh.clock import ManualClock
from ledgermesh.gateway import Choices, make_gateway
from ledgermesh.sandbox.books import Books, Paper, Settlement
from ledgermesh.sandbox.emulator import Emulator
from ledgermesh.sandbox.more_books import MoreBooks
from ledgermesh.sandbox.office_books import OfficeBooks, PartyGroup
from ledgermesh.sandbox.world import World
from ledgermesh.state.base import Grant, Secret
from ledgermesh.state.entries import CompanyEntry, ConnectionEntry, KeyEntry, TenantEntry, digest
from ledgermesh.state.shared import State
from ledgermesh.upstream.wire_httpx import HttpxWire
from tests.contract.small import cut_more, cut_office, kept_journals
from tests.contract.stand import rig
from tests.harness import NOW, SANDBOX, UNBOUND, Cable, House, world_today
from tests.shared import shared_providers, shared_schema
from tests.states import KEYS, memory_state

COMPANY = "small"
KEY = "lm_small"
TENANT = TenantEntry(id="small", name="Small")
CONNECTIONS: Mapping[str, tuple[str, str]] = {
    "a1": ("maple-bakery", "accountsos"),
    "a2": ("harbour-legal", "accountsos"),
    "k1": ("maple-bakery", "kashoo"),
    "k2": ("grand-tour", "kashoo"),
    "s1": ("alpine-studio", "smallinvoice"),
    "s2": ("harbour-legal", "smallinvoice"),
    "t1": ("harbour-legal", "trulysmall"),
    "b1": ("alpine-studio", "bossinsights"),
}
"""Connection → the books of the demo world that it is cut from."""

PAGE_ROWS = {"kashoo": 9, "smallinvoice": 11, "accountsos": 13, "trulysmall": 8, "bossinsights": 12}
"""Rows in one answer at most, so that small books take several pages."""

SHORTENED = ("kashoo", "trulysmall")
"""Providers whose books do without some of their accounts."""
LEDGERS = ("kashoo", "trulysmall", "bossinsights")
"""Providers that show the chart of accounts and list payments by themselves."""

Attribute = dict[str, list[Any]]


def list_names() -> tuple[str, ...]:
    """The attributes of Books that are lists of records."""
    return tuple(
        each.name for each in fields(Books) if each.name != "_indexes" and each.default_factory is list
    )


@cache
def _whole() -> World:
    return world_today()


def small_books(connection: str, *, rows: int = 16) -> Books:
    """Books of about so many records a kind, with few different days, so that many are equal in their order."""
    whole = _whole().books[CONNECTIONS[connection]]
    chance = Random(connection)
    invoices = [_on_few_days(chance, paper) for paper in whole.invoices[-rows:]]
    bills = [_on_few_days(chance, paper) for paper in whole.bills[-rows:]]
    more, office = cut_more(whole.more), cut_office(whole.office)
    named = {paper.party for paper in (*invoices, *bills)} | set(_parties_of(more)) | set(_parties_of(office))
    parties = [party for party in whole.parties if party.number in named]
    parties += [party for party in whole.parties if party.number not in named][: max(rows - len(parties), 4)]
    lines = [replace(line, date=_day(chance)) for line in whole.bank_lines[-rows:]]
    return replace(
        whole,
        accounts=whole.accounts[:rows] if whole.provider in SHORTENED else whole.accounts,
        parties=parties,
        items=whole.items[:rows],
        invoices=invoices,
        bills=bills,
        receipts=_settling(
            chance, whole.receipts[-rows:] if whole.provider in LEDGERS else whole.receipts, invoices
        ),
        disbursements=_settling(chance, whole.disbursements[-rows:], bills),
        journals=kept_journals(whole.journals, more)
        if more.pay_checks
        else [replace(journal, date=_day(chance)) for journal in whole.journals[-rows:]],
        bank_lines=lines,
        files=[replace(row, bank_line=None) for row in whole.files[-rows:]],
        due_dates=whole.due_dates[-rows:],
        more=more,
        office=replace(office, groups=[_among(group, named) for group in office.groups]),
    )


def _parties_of(shelf: MoreBooks | OfficeBooks) -> Iterator[str]:
    """Numbers of the parties that records of these books name."""
    for each in fields(shelf):
        rows = getattr(shelf, each.name)
        for row in rows if isinstance(rows, list) else ():
            named = getattr(row, "party", None) or getattr(getattr(row, "paper", None), "party", None)
            if isinstance(named, str):
                yield named
            if getattr(row, "target", None) == "party":
                yield row.target_id


def _among(group: PartyGroup, known: set[str]) -> PartyGroup:
    return replace(group, members=[number for number in group.members if number in known])


def _day(chance: Random) -> dt.date:
    return NOW.date() - dt.timedelta(days=17 * chance.randrange(7))


def _on_few_days(chance: Random, paper: Paper) -> Paper:
    day = _day(chance)
    return replace(
        paper,
        date=day,
        due=day + dt.timedelta(days=chance.choice((0, 17, 34))),
        memo=chance.choice(("", "Thank you", "thank YOU!", paper.memo)),
        po_number=chance.choice(("", "PO-7", paper.po_number)),
    )


def _settling(chance: Random, rows: list[Settlement], papers: list[Paper]) -> list[Settlement]:
    """Payments on other days; what they pay of papers that are not there any more is left out."""
    known = {paper.number for paper in papers}
    return [
        replace(
            row,
            date=_day(chance),
            memo=chance.choice(("", "in part", row.memo)),
            allocations=[pair for pair in row.allocations if pair[0] in known],
        )
        for row in rows
    ]


@dataclass
class Small(House):
    """The house of one small company, and what its books were in the beginning."""

    books: Mapping[str, Books] = field(default_factory=dict)
    """By connection."""
    began: Mapping[str, Attribute] = field(default_factory=dict)

    def reset(self) -> None:
        """The books as they were, every line up, and far enough on that nothing of before is still known."""
        for connection, books in self.books.items():
            for name, rows in self.began[connection].items():
                setattr(books, name, list(rows))
            books.invalidate()
        self.down.clear()
        self.clock.advance(3700)
        left = 86_400 - self.clock.now().timestamp() % 86_400
        if left < 7200:
            self.clock.advance(left)


@asynccontextmanager
async def small_house(rows: int = 16) -> AsyncIterator[Small]:
    """A gateway over the emulators; `rows` is about how many records there are of each kind in each."""
    clock = ManualClock(NOW.replace(hour=0))
    books = {connection: small_books(connection, rows=rows) for connection in CONNECTIONS}
    emulators = {connection: make_emulator(each, clock) for connection, each in books.items()}
    app = Starlette(routes=[Mount(f"/{name}", emulator.app) for name, emulator in emulators.items()])
    down: set[str] = set()
    state = await linked(books, emulators)
    async with httpx.AsyncClient(transport=Cable(app, down), base_url=SANDBOX) as client:
        gateway = make_gateway(
            state=state,
            wire=HttpxWire(client),
            clock=clock,
            keys=KEYS,
            random=Random(1),
            choices=Choices(rate=UNBOUND),
            schema=shared_schema(),
            providers=shared_providers(),
        )
        began = {
            name: {each: list(getattr(found, each)) for each in list_names()} for name, found in books.items()
        }
        world = World(NOW.date(), {(name, found.provider): found for name, found in books.items()})
        yield Small(clock, world, emulators, gateway, down, books, began)
        await gateway.close()
        await asyncio.sleep(0)


def make_emulator(books: Books, clock: ManualClock) -> Emulator:
    """The provider of these books, in small pages."""
    world, turns = World(NOW.date(), {(books.company, books.provider): books}), rig(books.provider)
    made = turns.make(world, clock)
    turns.page_size(made, PAGE_ROWS[books.provider])
    return made


async def linked(books: Mapping[str, Books], emulators: Mapping[str, Emulator]) -> State:
    """A company with these books, and the one who may read it."""
    state, entries = memory_state(), []
    for id, each in books.items():
        access = emulators[id].access(each)
        entries.append(
            ConnectionEntry(
                id=id, company=COMPANY, provider=each.provider, environment="sandbox",
                base_url=f"{SANDBOX}/{id}{access.base_path}", scheme=access.scheme,
                settings={"currency": each.currency} | dict(access.settings),
            )
        )  # fmt: skip
        secrets = {name: Secret(value) for name, value in access.secrets.items()}
        await state.grants.write(
            Grant(
                tenant=TENANT.id, environment="sandbox", connection=id, scheme=access.scheme, secrets=secrets
            )
        )
    state.registry.set(
        TENANT,
        KeyEntry(
            id="small",
            digest=digest(KEY),
            tenant=TENANT.id,
            environment="sandbox",
            scopes=frozenset(("api.read",)),
        ),
        CompanyEntry(key=COMPANY, name="Small", environment="sandbox", tenants=frozenset((TENANT.id,))),
        *entries,
    )
    return state
