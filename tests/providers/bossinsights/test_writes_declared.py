"""Every change that Boss Insights' contract allows is written or has its reason, down to the fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from ledgermesh.providers.bossinsights.staff import DEDUCTIONS, EARNINGS, TAXES
from ledgermesh.spec.write import Stamp, Write
from tests.contract.known import PROVIDERS
from tests.providers.bossinsights.test_writes import UPDATES, kind_of, new, party, writable
from tests.sandbox.contracts import read_contract
from tests.writing import change, planned

PROVIDER = PROVIDERS["bossinsights"]
CONTRACT = read_contract("bossinsights")

UNUSED = {
    "amountPaid": "What is paid is told by a payment.",
    "standard_hours": "Hours of a pay period are no field of an employee or of its pay.",
    "hourly_rate": "Of a check: the employee has what it is paid by.",
    "salary": "Of a check: the employee has what it is paid by.",
    "coverage_start": "No document says what is covered beside the pay period.",
    "coverage_end": "No document says what is covered beside the pay period.",
}
"""Fields that could be written and are not."""


def operations() -> Iterator[tuple[str, Mapping[str, Any]]]:
    for path, item in CONTRACT["paths"].items():
        for method in ("post", "put", "patch", "delete"):
            if method in item:
                yield f"{method.upper()} {path}", item[method]


def writes() -> list[Write]:
    return [each for each in PROVIDER.writes if isinstance(each, Write)]


def test_every_operation_that_changes_something_is_written_or_explained() -> None:
    """What the contract has and nobody sends has a reason; what is sent stands in the contract."""
    there = {operation for operation, _ in operations()}
    sent = {f"{each.method} {each.path}" for each in writes()}
    assert there == sent | PROVIDER.unwritten.keys()
    assert not sent & PROVIDER.unwritten.keys()
    assert all(len(reason) > 20 for reason in PROVIDER.unwritten.values())


def test_every_write_is_passed_on_and_can_be_looked_for() -> None:
    """A mark goes into text that is kept; on records without any, and of changes, the values are looked for."""
    assert all(each.downstream and each.assumed for each in writes())
    stamped = {each.kind: each.repeat.field for each in writes() if isinstance(each.repeat, Stamp)}
    assert all(
        stamped[each.kind] in each.puts for each in writes() if each.kind in stamped and each.puts.get("date")
    )
    assert stamped.keys() == {
        *("Invoice", "Bill", "Expense", "CreditNote", "Payment", "BillPayment"),
        *("BankTransaction", "JournalEntry", "PayrollEntry"),
    }


async def test_every_field_of_a_body_is_written_or_explained() -> None:
    """Records filled in every field fill every field of the contract, but for those that stand here with a reason."""
    filled: dict[str, set[str]] = {
        "/payroll": {path for one in (*EARNINGS, *TAXES, *DEDUCTIONS) for path in one.paths}
    }
    async with writable() as stand:
        for name in UPDATES:
            whole = await new(stand, name)
            side = "customer" if name in ("Invoice", "CreditNote", "Payment") else "vendor"
            named = {key: value for key, value in whole.items() if key not in ("party", "allocations")}
            for values in (
                whole,
                {**named, "party_name": "New"},
                {**named, "party": await party(stand, side)},
            ):
                asked = change(stand, kind_of(name), "CREATE", values, on_loss="ACCEPT")
                for step in (await planned(stand, asked)).steps:
                    filled.setdefault(step.path, set()).update(msgspec.json.decode(step.body or b""))
    unfilled = set()
    for operation, described in operations():
        if operation not in PROVIDER.unwritten:
            known = properties(described["requestBody"]["content"]["application/json"]["schema"])
            fields = filled[operation.removeprefix("POST ").removesuffix("/{id}")]
            assert fields <= known, operation
            unfilled |= known - fields
    assert unfilled == UNUSED.keys()


def properties(node: Mapping[str, Any]) -> set[str]:
    """The names of a schema's fields, its reference followed."""
    while "$ref" in node:
        found: Any = CONTRACT
        for key in node["$ref"].removeprefix("#/").split("/"):
            found = found[key]
        node = found
    return set(node["properties"])
