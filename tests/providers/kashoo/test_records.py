"""What both of Kashoo's products read over HTTP beyond the contract of all providers: removals, changes, bookings."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any, cast

import pytest

from ledgermesh.engine.hub import Hub
from ledgermesh.errors import LedgermeshError, Unsupported
from ledgermesh.model.enums import DocumentStatus, Side
from ledgermesh.model.ledger import LedgerKind, LedgerTransaction
from ledgermesh.sandbox.kashoo import KashooEmulator
from ledgermesh.spec.query import And, Compare, ListQuery
from tests.contract.fields import shown
from tests.contract.reading import open_resource, read_list
from tests.contract.stand import SHOWN, Stand, standing

TYPED = ("Invoice", "Bill", "Payment", "BillPayment", "Transfer", "JournalEntry")
KINDS = {
    "Invoice": LedgerKind.INVOICE,
    "Bill": LedgerKind.BILL,
    "Payment": LedgerKind.PAYMENT,
    "BillPayment": LedgerKind.BILL_PAYMENT,
    "Transfer": LedgerKind.TRANSFER,
    "JournalEntry": LedgerKind.JOURNAL,
}


@pytest.fixture(params=["kashoo", "trulysmall"])
async def stand(request: pytest.FixtureRequest) -> AsyncIterator[Stand]:
    """Either product over its emulator."""
    async with standing(str(request.param)) as made:
        yield made


async def rows(stand: Stand, query: ListQuery) -> list[Any]:
    """Every record of a kind that the question brings, as the provider's lists give them."""
    found = [await read_list(stand, pages) for pages in stand.hub().lists(query)]
    return [row for each in found for row in each.rows]


async def below(hub: Hub, parent: Any) -> list[LedgerTransaction]:
    """What was booked below one record."""
    (found,) = await hub.children("LedgerTransaction", [parent], frozenset())
    assert not isinstance(found, LedgermeshError)
    return [cast("LedgerTransaction", row) for row in found]


async def test_removed_records_come_only_when_they_are_asked_for(stand: Stand) -> None:
    """They are void, marked, and in no list otherwise."""
    removed = 0
    for kind in ("Invoice", "LedgerTransaction"):
        plain = await rows(stand, ListQuery(kind))
        every = await rows(stand, ListQuery(kind, include_deleted=True))
        gone = [row for row in every if row.deleted]
        assert not any(row.deleted for row in plain)
        assert {row.native_id for row in plain} == {row.native_id for row in every} - {
            row.native_id for row in gone
        }
        assert all(row.status is DocumentStatus.VOID for row in gone if kind == "Invoice")
        removed += len(gone)
    assert removed
    with pytest.raises(Unsupported, match="removed"):
        stand.hub().lists(ListQuery("Account", include_deleted=True))


async def test_changes_are_asked_for_in_milliseconds(stand: Stand) -> None:
    """Nothing that changed at or after the moment is missing, and hardly anything else comes."""
    for kind in ("Payment", "LedgerTransaction"):
        every = await rows(stand, ListQuery(kind))
        moments = sorted({row.updated_at for row in every})
        since = moments[len(moments) // 2]
        stand.line.seen.clear()
        where = Compare("updated_at", "gte", since)
        found = await rows(stand, ListQuery(kind, where=where, changed_since=True))
        sent = {request.url.params["modifiedSince"] for request in stand.line.reads}
        assert sent == {str(int(since.timestamp() * 1000) - 1)}
        wanted = {row.native_id for row in every if row.updated_at >= since}
        assert wanted == {row.native_id for row in found} and len(wanted) < len(every)
    with pytest.raises(Unsupported, match="changed"):
        stand.hub().lists(ListQuery("Party", changed_since=True))


def test_every_record_list_tells_removals_and_changes(stand: Stand) -> None:
    """All seven lists of records, and no list of anything else: only they take the parameters."""
    asked = {
        capability.record
        for capability in SHOWN[stand.provider.name].capabilities
        if capability.include_deleted and capability.changed_since
    }
    assert asked == {*TYPED, "LedgerTransaction"}


async def test_documents_say_the_same_in_either_style_of_dates_and_moments(stand: Stand) -> None:
    """Objects and texts for days, texts and milliseconds for moments."""
    switches = cast("KashooEmulator", stand.emulator).switches
    told: list[dict[str, Any]] = []
    for switches.date_style, switches.instant_style in (("object", "iso"), ("string", "epoch")):
        stand.clock.advance(3600)
        told.append(
            {
                f"{resource.kind} {row.native_id}": shown(row)
                for resource in stand.provider.resources
                if resource.children is None
                for row in (await read_list(stand, open_resource(stand, resource))).rows
            }
        )
    assert told[0] == told[1] and len(told[0]) > 100


async def test_the_list_of_everything_holds_each_record_as_its_own_kind(stand: Stand) -> None:
    """It is the six typed lists together, and each row leads to its document."""
    everything = {
        row.native_id: row
        for row in await rows(stand, ListQuery("LedgerTransaction"))
        if row.kind is not LedgerKind.OTHER
    }
    typed = {row.native_id: kind for kind in TYPED for row in await rows(stand, ListQuery(kind))}
    assert set(everything) == set(typed)
    for id, kind in typed.items():
        row = everything[id]
        assert (row.document_ref.kind, row.document_ref.native_id, row.kind) == (kind, id, KINDS[kind])
        assert row.amount is not None and row.amount.amount >= 0


@pytest.mark.parametrize(("kind", "word"), [(LedgerKind.BILL, "BILL"), (LedgerKind.TRANSFER, None)])
async def test_a_kind_is_asked_for_where_its_word_is_documented(
    stand: Stand, kind: LedgerKind, word: str | None
) -> None:
    """A word that is only assumed is not sent: it could find nothing."""
    stand.line.seen.clear()
    where = And((Compare("kind", "eq", kind),))
    found = await rows(stand, ListQuery("LedgerTransaction", where=where))
    assert {request.url.params.get("type") for request in stand.line.reads} == {word}
    assert kind in {row.kind for row in found}
    assert word is None or {row.kind for row in found} == {kind}


async def test_postings_add_up_to_the_running_balance(stand: Stand) -> None:
    """Each is one line on its account, oldest first; the balance grows on the account's own side."""
    checked = set()
    for account in await rows(stand, ListQuery("Account")):
        found = await below(stand.hub(), account)
        assert [row.date for row in found] == sorted(row.date or dt.date.max for row in found)
        total = Decimal(0)
        for row in found:
            (line,) = row.lines
            assert row.account_ref is not None and row.account_ref.native_id == account.native_id
            assert line.account_native_id == account.native_id
            assert row.amount is not None and row.amount == line.amount and row.amount.amount >= 0
            total += row.amount.amount if line.side is account.normal_balance else -row.amount.amount
            assert row.balance is not None and row.balance.amount == total
            checked.add(line.side)
    assert checked >= {Side.DEBIT, Side.CREDIT}


async def test_a_contact_shows_its_own_records(stand: Stand) -> None:
    """Exactly those of the business's records that name it."""
    everything = await rows(stand, ListQuery("LedgerTransaction"))
    named = {row.party_ref.native_id for row in everything if row.party_ref is not None}
    parties = [row for row in await rows(stand, ListQuery("Party")) if row.native_id in named][:5]
    assert parties
    for party in parties:
        found = await below(stand.hub(), party)
        assert {row.native_id for row in found} == {
            f"{party.native_id}-contact:{row.native_id}"
            for row in everything
            if row.party_ref is not None and row.party_ref.native_id == party.native_id
        }


async def test_the_plan_is_told(stand: Stand) -> None:
    """Its name, and what its flags make of it."""
    found = await stand.hub().subscription()
    assert found is not None and found.plan and found.status in ("freeTrial", "free", "paid")
    assert stand.line.reads[-1].url.path.endswith(f"/{stand.link().settings['business_id']}/contract")


async def test_the_business_says_what_it_is(stand: Stand) -> None:
    """The connection's own business only, as one record."""
    (own,) = await rows(stand, ListQuery("Organization"))
    assert own.native_id == stand.link().settings["business_id"]
    assert own.base_currency == stand.link().settings["currency"] and own.name


async def test_only_the_classic_edition_has_items(stand: Stand) -> None:
    """TrulySmall answers with its reason, and without a call."""
    if stand.provider.name == "kashoo":
        assert await rows(stand, ListQuery("Item"))
        return
    with pytest.raises(Unsupported, match="Classic edition"):
        stand.hub().lists(ListQuery("Item"))
    assert stand.line.seen == []
