"""Several records of Kashoo's by one request: its body is the list of what is sent of each by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from ledgermesh.engine.change import By, Change
from ledgermesh.engine.planned import Plan
from ledgermesh.errors import Conflict, NotFound
from ledgermesh.spec.query import Ref
from tests.contract.stand import standing
from tests.providers.kashoo.test_writes import ONE
from tests.providers.kashoo.writes import RECORDS, Shop, blocking, body, by, changes, document, open_shop
from tests.writing import change, planned, send_steps


@pytest.fixture(params=["kashoo", "trulysmall"])
async def shop(request: pytest.FixtureRequest) -> AsyncIterator[Shop]:
    """Either product over its emulator."""
    async with standing(str(request.param)) as made:
        yield await open_shop(made)


def together(shop: Shop, *rows: tuple[str, str, Mapping[str, Any]], **more: Any) -> Change:
    """One change of these records: kind, id and values of each."""
    connection = shop.stand.link().connection
    records = tuple(
        Change(kind=kind, verb="UPDATE", target=Ref(kind, connection, id), values=values, **more)
        for kind, id, values in rows
    )
    return Change(kind="Record", verb="UPDATE_MANY", records=records, client_key="key-1")


async def all_of_them(shop: Shop) -> list[tuple[str, str, Mapping[str, Any]]]:
    """A new record of every kind, and one field of it to be changed."""
    return [(kind, (await shop.make(kind)).native_id, ONE[kind]) for kind in RECORDS]


async def test_records_of_every_kind_go_out_as_one_list(shop: Shop) -> None:
    """Each element is, byte for byte, what UPDATE of that record by itself would send; and each then is as asked."""
    rows = await all_of_them(shop)
    single = [
        await planned(shop.stand, change(shop.stand, kind, "UPDATE", values, id=id))
        for kind, id, values in rows
    ]
    before = len(changes(shop.stand))

    plan = await planned(shop.stand, together(shop, *rows))

    assert len(changes(shop.stand)) == before, "a plan changes nothing"
    [step] = plan.steps
    assert (step.method, step.path, step.repeat, plan.blocked) == ("PUT", "/records", "SEARCH", False)
    assert step.body == b"[" + b",".join(each.steps[0].body or b"" for each in single) + b"]"
    assert step.seconds >= 120
    assert plan.calls == 1 + 2 * len(rows)
    assert [(each.kind, each.native_id, each.sent) for each in plan.records] == [
        (kind, id, True) for kind, id, _ in rows
    ]
    await send_steps(shop.stand.hub(), plan)
    for kind, id, _ in rows:
        again = await planned(shop.stand, change(shop.stand, kind, "UPDATE", ONE[kind], id=id))
        assert again.steps == (), kind


async def wrong(shop: Shop, *rows: tuple[str, str, Mapping[str, Any]]) -> Plan:
    """A plan that is blocked as a whole."""
    plan = await planned(shop.stand, together(shop, *rows))
    assert plan.blocked
    return plan


async def test_what_is_wrong_is_told_at_its_record(shop: Shop) -> None:
    """Unknown references, read-only records, lost values, and records that would have to be made first."""
    bill, entry = await shop.make("Bill"), await shop.make("JournalEntry")
    fine = ("JournalEntry", entry.native_id, {"number": "J-9"})
    nobody = By(kinds=("Party",), path="party", key={"display_name": "Nobody & Sons"})
    newcomer = By(kinds=("Party",), path="party", key={"display_name": "New Ltd"}, create=True)

    plan = await wrong(shop, fine, ("Bill", bill.native_id, {"party": nobody, "language": "fr"}))
    assert blocking(plan) == {
        "input.records.1.bill.party": "NOT_FOUND",
    }
    plan = await wrong(shop, fine, ("Bill", bill.native_id, {"language": "fr"}))
    assert blocking(plan) == {"input.records.1.bill.language": "LOSS"}
    assert [each.path for each in plan.loss] == ["input.records.1.bill.language"]
    assert blocking(await wrong(shop, ("Bill", bill.native_id, {"party": newcomer}), fine)) == {
        "input.records.0": "UNSUPPORTED"
    }
    emulator: Any = shop.stand.emulator
    emulator.switches.overrides[int(bill.native_id)] = {"readOnly": True}
    assert blocking(await wrong(shop, ("Bill", bill.native_id, {"memo": "x"}), fine)) == {
        "input.records.0": "READ_ONLY"
    }


async def test_a_record_that_is_gone_or_was_changed_ends_the_plan(shop: Shop) -> None:
    """Both say which one it is."""
    bill = await shop.make("Bill")
    fine = ("Bill", bill.native_id, {"memo": "x"})
    with pytest.raises(NotFound) as gone:
        await planned(shop.stand, together(shop, fine, ("Invoice", "4711", {"memo": "x"})))
    assert gone.value.details["field"] == "input.records.1.id"
    with pytest.raises(Conflict) as changed:
        await planned(shop.stand, together(shop, fine, if_version="AAAA"))
    assert changed.value.details["field"] == "input.records.0.ifVersion"


async def test_references_are_found_as_everywhere(shop: Shop) -> None:
    """A bill of another party, by id; the document names it."""
    bill = await shop.make("Bill")
    plan = await planned(shop.stand, together(shop, ("Bill", bill.native_id, {"party": by(shop.other)})))
    assert [each["contact"] for each in body(plan)] == [int(shop.other.native_id)]
    await send_steps(shop.stand.hub(), plan)
    assert document(await shop.one("Bill", bill.native_id))["contact"] == int(shop.other.native_id)
