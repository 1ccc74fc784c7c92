"""Plans: what would be sent, byte for byte, and everything that is wrong, before anything is."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any, cast

import msgspec
import pytest

from ledgermesh.engine.change import By
from ledgermesh.engine.planned import Plan
from ledgermesh.engine.version import version_of
from ledgermesh.errors import Conflict, NotFound, Unsupported
from ledgermesh.model.enums import AccountType
from ledgermesh.model.money import Money
from ledgermesh.spec.query import Ref
from tests.contract.stand import Stand
from tests.engine.ledger import books
from tests.writing import carry_out, change, planned

DAY, DUE = dt.date(2026, 11, 1), dt.date(2026, 12, 1)
SALES = {"name": "Consulting", "code": "4711", "type": AccountType.REVENUE}


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    """The emulator's books."""
    async with books() as made:
        yield made


def by(kind: str, path: str, /, *, create: bool = False, **key: str) -> By:
    return By(kinds=(kind,), path=path, key=key, create=create)


def invoice(**more: Any) -> dict[str, Any]:
    """Everything an invoice needs; the account is found by its code."""
    line = {
        "description": "Advice",
        "account": by("Account", "lines.0.account", code="4711"),
        "quantity": Decimal(2),
        "unit_price": Money(amount=Decimal("10.50"), currency=None),
    }
    return {"date": DAY, "due_date": DUE, "currency": "CAD", "lines": (line,), **more}


def body(plan: Plan, step: int = 0) -> Any:
    found = plan.steps[step].body
    assert found is not None
    return msgspec.json.decode(found)


def codes(plan: Plan) -> list[tuple[str, str]]:
    return [(finding.code, finding.path) for finding in plan.findings if finding.blocks]


async def test_a_plan_sends_nothing_but_reads(stand: Stand) -> None:
    """Planning looks references up and reads what is to change; the provider's line has seen no other method."""
    account = await carry_out(stand, change(stand, "Account", "CREATE", SALES))
    assert account is not None
    stand.line.seen.clear()
    plan = await planned(stand, change(stand, "Invoice", "CREATE", invoice()))
    again = await planned(stand, change(stand, "Account", "UPDATE", {"name": "Other"}, id=account.native_id))

    assert len(plan.steps) == len(again.steps) == 1
    assert stand.line.seen and not stand.line.signings


async def test_references_by_natural_key_are_found_live(stand: Stand) -> None:
    """An account made a moment ago is found by its code; the provider's number goes out."""
    account = await carry_out(stand, change(stand, "Account", "CREATE", SALES))
    assert account is not None
    plan = await planned(stand, change(stand, "Invoice", "CREATE", invoice()))

    assert body(plan)["lineItems"][0] == {
        "description": "Advice", "account": int(account.native_id), "quantity": 2, "rate": 10.5,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("reference", "code"),
    [
        (by("Account", "lines.0.account", code="nobody's"), "NOT_FOUND"),
        (by("Account", "lines.0.account", name="Twice"), "AMBIGUOUS"),
        (By(kinds=("Account",), path="lines.0.account"), "REQUIRED"),
        (By(kinds=("Account",), path="lines.0.account", native_id="999999"), "NOT_FOUND"),
        (
            By(kinds=("Account",), path="lines.0.account", ref=Ref("Account", "elsewhere", "1")),
            "OTHER_CONNECTION",
        ),
    ],
)
async def test_a_reference_that_means_nothing_or_several_is_refused(
    stand: Stand, reference: By, code: str
) -> None:
    """It is never guessed: the finding names the place in the input, and no step is made."""
    for number in ("1", "2"):
        await carry_out(stand, change(stand, "Account", "CREATE", {**SALES, "name": "Twice", "code": number}))
    given = invoice()
    given["lines"][0]["account"] = reference
    plan = await planned(stand, change(stand, "Invoice", "CREATE", given))

    assert codes(plan) == [(code, "input.lines.0.account")]
    assert plan.steps == ()


async def test_what_is_not_there_is_made_first_where_the_caller_says_so(stand: Stand) -> None:
    """A new customer is a step of its own, which can be taken back; the invoice has a hole where its id will be."""
    await carry_out(stand, change(stand, "Account", "CREATE", SALES))
    new = invoice(party=by("Party", "party", create=True, display_name="New Ltd"))
    plan = await planned(stand, change(stand, "Invoice", "CREATE", new))

    first, second = plan.steps
    assert (first.kind, body(plan)) == ("Party", {"contactInformation": {"name": "New Ltd"}})
    assert first.undo is not None and first.undo.path == "/contacts/${steps.0.id}"
    assert body(plan, 1)["contact"] == "${steps.0.id}" and second.path.endswith("/records/invoices")
    assert plan.calls == 3

    made = await carry_out(stand, change(stand, "Invoice", "CREATE", new))
    assert made is not None and getattr(made, "party_name", None) == "New Ltd"
    known = await planned(stand, change(stand, "Invoice", "CREATE", new, client_key="key-2"))
    assert len(known.steps) == 1, "the customer is there by now"


async def test_a_record_that_is_as_asked_costs_no_call(stand: Stand) -> None:
    """Reading a record and writing it unchanged is nothing."""
    account = await carry_out(stand, change(stand, "Account", "CREATE", SALES))
    assert account is not None
    same = {"name": "Consulting", "code": "4711"}
    plan = await planned(stand, change(stand, "Account", "UPDATE", same, id=account.native_id))

    assert plan.steps == () and plan.calls == 0 and not plan.findings


async def test_a_replacement_keeps_what_was_not_named(stand: Stand) -> None:
    """Where the provider replaces whole records, all that stands there goes back, but for what it computes itself."""
    account = await carry_out(stand, change(stand, "Account", "CREATE", SALES))
    assert account is not None
    plan = await planned(stand, change(stand, "Account", "UPDATE", {"name": "Other"}, id=account.native_id))
    standing = dict(account.__dict__["_row"].doc)

    assert body(plan) == {key: value for key, value in standing.items() if key not in ("links", "nameAndNumber")} | {
        "name": "Other"
    }  # fmt: skip
    assert [(each.field, each.value) for each in plan.before] == [("name", "Consulting")]


async def test_lines_are_known_by_their_ids(stand: Stand) -> None:
    """A line that names its id is changed in place; one without is added; an id of no line is refused."""
    await carry_out(stand, change(stand, "Account", "CREATE", SALES))
    made: Any = await carry_out(stand, change(stand, "Invoice", "CREATE", invoice()))
    [line] = made.lines
    new = {**invoice()["lines"][0], "description": "More"}
    lines = ({"native_id": line.native_id, "description": "Changed"}, new)
    plan = await planned(stand, change(stand, "Invoice", "UPDATE", {"lines": lines}, id=made.native_id))
    first, second = body(plan)["lineItems"]

    assert (first["id"], first["description"], first["quantity"]) == (int(line.native_id), "Changed", 2)
    assert second.get("id") is None and second["description"] == "More"
    wrong = ({"native_id": "1", "description": "Whose?"},)
    plan = await planned(stand, change(stand, "Invoice", "UPDATE", {"lines": wrong}, id=made.native_id))
    assert codes(plan) == [("NOT_FOUND", "input.lines.0.nativeId")]


async def test_everything_that_is_wrong_is_said_at_once(stand: Stand) -> None:
    """Missing, too long, in another currency, not a word: each with its place, and nothing is planned."""
    given = {
        "due_date": DUE,
        "currency": "CAD",
        "lines": ({"description": "x" * 21, "unit_price": Money(amount=Decimal(1), currency="EUR")},),
    }
    plan = await planned(stand, change(stand, "Invoice", "CREATE", given))

    assert codes(plan) == [
        ("REQUIRED", "input.lines.0.quantity"),
        ("TOO_LONG", "input.lines.0.description"),
        ("INVALID", "input.lines.0.unitPrice"),
        ("REQUIRED", "input.lines.0.account"),
        ("REQUIRED", "input.date"),
    ]
    plan = await planned(stand, change(stand, "Account", "CREATE", {**SALES, "type": AccountType.BANK}))
    assert codes(plan) == [("NOT_ALLOWED", "input.type")]


async def test_what_would_be_lost_is_refused_unless_accepted(stand: Stand) -> None:
    """Every value that the provider has no room for is named; with ACCEPT the plan goes on without it."""
    given = {**SALES, "description": "Nobody reads it"}
    refused = await planned(stand, change(stand, "Account", "CREATE", given))
    accepted = await planned(stand, change(stand, "Account", "CREATE", given, on_loss="ACCEPT"))

    assert codes(refused) == [("LOSS", "input.description")] and refused.blocked
    assert [loss.path for loss in accepted.loss] == ["input.description"] and not accepted.blocked
    assert "description" not in body(accepted)


async def test_the_company_s_own_fields_and_passthrough(stand: Stand) -> None:
    """Passthrough lies over the body by the provider's names; custom fields are lost where none are taken."""
    asked = change(
        stand, "Account", "CREATE", SALES, passthrough={"taxNumber": 7}, custom_fields={"k": "v"}, on_loss="ACCEPT"
    )  # fmt: skip
    plan = await planned(stand, asked)

    assert body(plan)["taxNumber"] == 7 and body(plan)["name"] == "Consulting"
    assert [loss.path for loss in plan.loss] == ["input.customFields.k"]


async def test_a_version_that_is_over_is_a_conflict(stand: Stand) -> None:
    """Somebody else's change is not written over: what changed, what is there now and what was asked are told."""
    account = await carry_out(stand, change(stand, "Account", "CREATE", SALES))
    assert account is not None
    version = version_of(account)
    mine = change(stand, "Account", "UPDATE", {"name": "Mine"}, id=account.native_id, if_version=version)
    assert not (await planned(stand, mine)).blocked

    await carry_out(stand, change(stand, "Account", "UPDATE", {"name": "Theirs"}, id=account.native_id))
    with pytest.raises(Conflict, match="name") as caught:
        await planned(stand, mine)
    [difference] = cast("list[dict[str, object]]", caught.value.details["difference"])
    assert difference == {"field": "name", "before": None, "asked": "Mine", "now": "Theirs"}


async def test_a_duplicate_number_is_seen_where_it_is_asked_for(stand: Stand) -> None:
    """With `duplicateCheck` a record of the same number blocks the plan."""
    await carry_out(stand, change(stand, "Account", "CREATE", SALES))
    plan = await planned(stand, change(stand, "Account", "CREATE", SALES, duplicate_check=True))
    assert codes(plan) == [("DUPLICATE", "input.code")]


async def test_several_requests_are_one_plan(stand: Stand) -> None:
    """A verb that takes several requests: later ones have holes for what the earlier make, and one is the result."""
    await carry_out(stand, change(stand, "Account", "CREATE", SALES))
    given = invoice(account=by("Account", "account", code="4711"))
    given["party"] = by("Party", "party", create=True, display_name="New Ltd")
    plan = await planned(stand, change(stand, "Invoice", "CREATE", given))

    assert [step.kind for step in plan.steps] == ["Party", "Invoice", "Payment"]
    assert body(plan, 2)["allocations"] == [{"record": "${steps.1.id}"}]
    assert body(plan, 1)["contact"] == "${steps.0.id}" and plan.result == 1


async def test_the_same_change_is_the_same_plan(stand: Stand) -> None:
    """Key and content make the mark: a plan can be made again, byte for byte; another content has another mark."""
    await carry_out(stand, change(stand, "Account", "CREATE", SALES))
    first = await planned(stand, change(stand, "Invoice", "CREATE", invoice(memo="Thanks")))
    second = await planned(stand, change(stand, "Invoice", "CREATE", invoice(memo="Thanks")))
    other = await planned(stand, change(stand, "Invoice", "CREATE", invoice(memo="Regards")))

    assert first == second
    assert body(first)["memo"].startswith("Thanks ") and len(body(first)["memo"]) == len("Thanks ") + 22
    assert body(other)["memo"].removeprefix("Regards ") != body(first)["memo"].removeprefix("Thanks ")
    look = first.steps[0].look
    assert look is not None and body(first)["memo"].endswith(look.stamp)


async def test_what_is_not_there_or_not_taken(stand: Stand) -> None:
    """A record nobody has is NOT_FOUND, a verb nobody takes UNSUPPORTED, before any plan."""
    with pytest.raises(NotFound):
        await planned(stand, change(stand, "Account", "UPDATE", {"name": "x"}, id="999"))
    with pytest.raises(Unsupported, match="takes no DELETE of Account"):
        account = await carry_out(stand, change(stand, "Account", "CREATE", SALES))
        assert account is not None
        await planned(stand, change(stand, "Account", "DELETE", id=account.native_id))
