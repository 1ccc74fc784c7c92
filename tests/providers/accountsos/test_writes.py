"""AccountsOS takes a transaction's category and notes, and an upload; what is wrong with them is known before."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator, Mapping
from decimal import Decimal
from typing import Any

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.routing import Mount

from ledgermesh.engine.read import Leaves
from ledgermesh.errors import Unsupported
from ledgermesh.model.enums import DocumentKind
from ledgermesh.model.mapped import graphql_name
from ledgermesh.model.record import Record
from ledgermesh.providers.accountsos.writing import BODY_BYTES_MAX
from ledgermesh.spec.query import ListQuery
from ledgermesh.spec.write import File, Write
from tests.contract.known import PROVIDERS
from tests.contract.stand import Stand, standing
from tests.sandbox.contracts import read_contract
from tests.writing import carry_out, change, planned

PDF, PNG = "application/pdf", "image/png"
SCAN = File("lunch.pdf", PDF, b"%PDF-1.7 lunch")


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk() -> AsyncIterator[Stand]:
    """A stand over books of its own, of which some lines are not categorised."""
    async with standing("accountsos") as made:
        made.world = copy.deepcopy(made.world)
        for line in made.books().bank_lines[:6]:
            line.category = None
        made.emulator = made.rig.make(made.world, made.clock)
        made.line.inner = httpx.ASGITransport(Starlette(routes=[Mount("/accountsos", made.emulator.app)]))
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def stand(desk: Stand) -> Stand:
    """The same, a while later: the budget of the minute is there again."""
    desk.clock.advance(120)
    desk.line.seen.clear()
    return desk


async def rows(stand: Stand, kind: str) -> list[Record]:
    found: list[Record] = []
    for pages in stand.hub().lists(ListQuery(kind=kind, fields=frozenset())):
        leaves = Leaves(pages)
        while not leaves.ended:
            found += (await leaves.turn()).rows
    return found


async def categorised(stand: Stand, *, there: bool = True) -> Any:
    found: Any = await rows(stand, "BankTransaction")
    return next(row for row in found if (row.category is not None) is there)


def changing(stand: Stand) -> set[str]:
    """The methods of everything that went out and was no read."""
    return {request.method for _, request in stand.line.seen} - {"GET"}


async def test_every_operation_that_changes_something_is_written() -> None:
    """The contract's two, and no other is sent."""
    provider, paths = PROVIDERS["accountsos"], read_contract("accountsos")["paths"]
    there = {
        f"{method.upper()} {path}"
        for path, item in paths.items()
        for method in ("post", "put", "patch", "delete")
        if method in item
    }
    sent = {f"{each.method} {each.path}" for each in provider.writes if isinstance(each, Write)}
    assert there == sent | provider.unwritten.keys()


# -- transactions ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrapped", [True, False])
@pytest.mark.parametrize("there", [True, False])
async def test_a_transaction_is_categorised_and_noted(stand: Stand, *, wrapped: bool, there: bool) -> None:
    """By the id of an account of the connection, whose name follows; a note can be taken away again."""
    emulator: Any = stand.emulator
    emulator.switches.wrapped = wrapped
    before = await categorised(stand, there=there)
    accounts: Any = await rows(stand, "Account")
    other = next(
        row
        for row in accounts
        if row.classification.value in ("EXPENSE", "REVENUE")
        and (before.category is None or row.native_id != before.category.native_id)
    )
    values = {"category": {"native_id": other.native_id}, "notes": "Lunch with the harbour master"}
    after: Any = await carry_out(
        stand, change(stand, "BankTransaction", "UPDATE", values, id=before.native_id)
    )
    assert (after.native_id, after.category.native_id, after.category.name) == (
        before.native_id, other.native_id, other.name,
    )  # fmt: skip
    assert (after.notes, after.amount, after.category_confidence) == (
        "Lunch with the harbour master", before.amount, Decimal(1),
    )  # fmt: skip
    cleared: Any = await carry_out(
        stand, change(stand, "BankTransaction", "UPDATE", {"notes": None}, id=before.native_id)
    )
    assert (cleared.notes, cleared.category.native_id) == (None, other.native_id)


@pytest.mark.parametrize("there", [True, False])
async def test_what_is_read_is_written_back_without_a_call(stand: Stand, *, there: bool) -> None:
    """Category, by id and name or by either, and notes as they are: nothing is to be done."""
    row = await categorised(stand, there=there)
    own = None if row.category is None else {"native_id": row.category.native_id, "name": row.category.name}
    forms: list[Any] = [own] if own is None else [own, {"native_id": own["native_id"]}, {"name": own["name"]}]
    for category in forms:
        values = {"category": category, "notes": row.notes}
        plan = await planned(stand, change(stand, "BankTransaction", "UPDATE", values, id=row.native_id))
        assert (plan.steps, plan.findings) == ((), ())
    assert changing(stand) == set()


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"category": {"name": "Yachts"}}, "category"),
        ({"category": None}, "category"),
        ({"description": "x"}, "description"),
        ({"amount": None}, "amount"),
        ({"tax_percent": Decimal(20)}, "tax_percent"),
    ],
)
async def test_nothing_else_of_a_transaction_is_taken(
    stand: Stand, values: Mapping[str, Any], path: str
) -> None:
    """Not by a name alone, not away, and no other field: said with its path."""
    row = await categorised(stand)
    plan = await planned(stand, change(stand, "BankTransaction", "UPDATE", values, id=row.native_id))
    assert {each.path for each in plan.findings if each.blocks} == {f"input.{graphql_name(path)}"}
    assert changing(stand) == set()


# -- uploads ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "kind", "name", "media"),
    [
        ({"kind": DocumentKind.RECEIPT}, DocumentKind.RECEIPT, "lunch.pdf", PDF),
        ({"kind": DocumentKind.OTHER, "name": "é.pdf", "content_type": PNG}, DocumentKind.OTHER, "é.pdf", PNG),
        ({"kind_raw": "bank_statement"}, DocumentKind.BANK_STATEMENT, "lunch.pdf", PDF),
        ({"kind_raw": "contract", "kind": DocumentKind.CONTRACT}, DocumentKind.CONTRACT, "lunch.pdf", PDF),
    ],
)  # fmt: skip
async def test_a_file_is_uploaded(
    stand: Stand, more: Mapping[str, Any], kind: DocumentKind, name: str, media: str
) -> None:
    """With what it is, under its own name or another; it is listed with its size, and pending."""
    made: Any = await carry_out(stand, change(stand, "Document", "CREATE", {"file": SCAN, **more}))
    assert (made.kind, made.name, made.content_type, made.size) == (kind, name, media, len(SCAN.body))
    assert made.status.value == "PENDING"


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"kind": DocumentKind.RECEIPT}, "file"),
        ({"file": None, "kind": DocumentKind.RECEIPT}, "file"),
        ({"file": SCAN}, "kind"),
        ({"file": SCAN, "kind_raw": "poem"}, "kind_raw"),
        ({"file": SCAN, "kind_raw": "receipt", "kind": DocumentKind.INVOICE}, "kind_raw"),
        ({"file": File("a.pdf", "application/pdf", b""), "kind": DocumentKind.RECEIPT}, "file"),
        ({"file": File("", "application/pdf", b"1"), "kind": DocumentKind.RECEIPT}, "name"),
        ({"file": File("a.pdf", "pdf", b"1"), "kind": DocumentKind.RECEIPT}, "content_type"),
        ({"file": File("a", "a/b", bytes(BODY_BYTES_MAX + 1)), "kind": DocumentKind.RECEIPT}, "file"),
    ],
)
async def test_a_wrong_file_is_not_sent(stand: Stand, values: Mapping[str, Any], path: str) -> None:
    """Empty, nameless, of no type, too large, or of no known kind: said before anything is sent."""
    plan = await planned(stand, change(stand, "Document", "CREATE", values))
    assert {each.path for each in plan.findings if each.blocks} == {f"input.{graphql_name(path)}"}
    assert plan.steps == () and changing(stand) == set()


async def test_the_whole_request_has_a_limit(stand: Stand) -> None:
    """A file that fits by itself and not with the form around it is refused; a little smaller it is planned."""
    for size, blocked in ((BODY_BYTES_MAX - 100, True), (BODY_BYTES_MAX - 1000, False)):
        values = {"file": File("a.pdf", "application/pdf", bytes(size)), "kind": DocumentKind.RECEIPT}
        plan = await planned(stand, change(stand, "Document", "CREATE", values))
        assert (plan.blocked, len(plan.steps)) == (blocked, int(not blocked))
    assert changing(stand) == set()


@pytest.mark.parametrize(
    ("kind", "verb"),
    [("Invoice", "CREATE"), ("Expense", "CREATE"), ("Party", "UPDATE"), ("BankTransaction", "CREATE")],
)
async def test_anything_else_is_not_supported(stand: Stand, kind: str, verb: Any) -> None:
    """No other kind or verb has a way in."""
    row: Any = (await rows(stand, "Party"))[0]
    with pytest.raises(Unsupported):
        await planned(stand, change(stand, kind, verb, {}, id=row.native_id if verb == "UPDATE" else None))
    assert changing(stand) == set()
