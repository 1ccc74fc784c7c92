"""Pay goes into the flat columns that it is read from, whatever is paid, taxed and kept."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ledgermesh.engine.encode import Encoding
from ledgermesh.engine.version import value_text
from ledgermesh.model.money import Money
from ledgermesh.model.row import Row
from ledgermesh.model.work import Payer
from ledgermesh.providers.bossinsights.staff import DEDUCTIONS, EARNINGS, PAYROLL, TAXES
from ledgermesh.providers.bossinsights.writing_staff import PAYROLL as PUTS
from ledgermesh.providers.bossinsights.writing_staff import WRITES
from ledgermesh.spec.write import Draft, Write

CREATE, UPDATE = (each for each in WRITES if isinstance(each, Write) and each.kind == "PayrollEntry")
ENCODING = Encoding("Boss Insights", "USD")

amounts = st.integers(1, 10**9).map(lambda cents: Money(amount=Decimal(cents).scaleb(-2), currency="USD"))
hours = st.none() | st.integers(1, 20_000).map(lambda found: Decimal(found).scaleb(-2))


@st.composite
def pay(draw: st.DrawFn) -> dict[str, Any]:
    """Some of the columns of each list, in the order in which they are read."""
    earnings = [one for one in EARNINGS if draw(st.booleans())]
    taxes = [one for one in TAXES if draw(st.booleans())]
    deductions = [one for one in DEDUCTIONS if draw(st.booleans())]
    return {
        "earnings": tuple(
            {"name": one.name, "amount": draw(amounts), **({"hours": draw(hours)} if one.hours else {})}
            for one in earnings
        ),
        "taxes": tuple(
            {"name": one.name, "payer": Payer[str(one.known["payer"]).upper()], "amount": draw(amounts)}
            for one in taxes
        ),
        "deductions": tuple(
            {"name": one.name, "pre_tax": one.known.get("before"), "amount": draw(amounts)}
            for one in deductions
        ),
    }


def sent(write: Write, values: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The body of a request with these values."""
    draft = Draft(write.verb, values, {}, before)
    encoded = ENCODING.values(PUTS, draft)
    assert [each for each in (*encoded.problems, *encoded.lost) if "REQUIRED" not in str(each)] == []
    assert write.build is not None
    body = write.build(encoded.body, draft)
    assert isinstance(body, dict)
    return body


def read(row: Mapping[str, Any]) -> dict[str, Any]:
    """The three lists as they are read of a row."""
    record = PAYROLL.fields.record(Row({"id": 1, "currency": "USD", **row}), [])
    return {name: value_text(getattr(record, name)) for name in ("earnings", "taxes", "deductions")}


def told(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same of what was given; no hours read as none."""
    return {name: value_text(value) for name, value in values.items()}


def alike(found: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    """Whether every element that was given is there, with what was given of it, and no other."""
    return all(
        len(found[name] or ()) == len(asked[name] or ())
        and all(
            all(
                one.get(key) == value or (value is None and one.get(key) in (None, "0"))
                for key, value in each.items()
            )
            for one, each in zip(found[name] or (), asked[name] or (), strict=True)
        )
        for name in asked
    )


@settings(max_examples=25, derandomize=True, deadline=None, database=None)
@given(pay())
def test_what_is_paid_is_read_back_from_its_columns(values: dict[str, Any]) -> None:
    """Every element goes into one column and comes back as the same element; gross pay is their sum."""
    body = sent(CREATE, values)
    assert alike(read(body), told(values))
    assert not {"earnings", "taxes", "deductions"} & body.keys()
    paid = [each["amount"].amount for each in values["earnings"] if each["name"] != "reimbursements"]
    assert body["gross_wages"] == sum(paid) * 100


@settings(max_examples=25, derandomize=True, deadline=None, database=None)
@given(pay(), pay())
def test_a_list_replaces_the_one_that_was_there(first: dict[str, Any], second: dict[str, Any]) -> None:
    """What the new list does not name goes to nothing, and the columns of other lists stay as they are."""
    stands = sent(CREATE, first)
    one = {"taxes": second["taxes"]}
    after = {**stands, **sent(UPDATE, one, stands)}
    assert alike(read(after), told({**first, **one}))
