"""What the acceptance of writes shares: mutations with everything that a test looks at, and records to write to."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from tests.scenes.writes.product import Product, alone

COMPANY = "grand-tour"
KASHOO = "grand-tour-kashoo"
PAYLOAD = """{
  mode clientKey planToken expiresAt syncId trackingId
  sources {
    connection { id } status replayed evidence
    plan { version steps { method url body } findings { code path message blocks } loss { path } }
    sent { method path status } changedFields { path asked got }
    error { code message path remedy providerMessage difference { path before asked now } }
    record { id source { nativeId version } }
  }
}"""
CREATE = f"""mutation($company: ID = "{COMPANY}", $input: InvoiceCreate!, $options: WriteOptions) {{
  createInvoice(company: $company, input: $input, options: $options) {PAYLOAD} }}"""
UPDATE = f"""mutation($id: ID!, $input: InvoiceUpdate!, $options: WriteOptions) {{
  updateInvoice(id: $id, input: $input, options: $options) {PAYLOAD} }}"""
VOID = f"mutation($id: ID!, $options: WriteOptions) {{ voidInvoice(id: $id, options: $options) {PAYLOAD} }}"
COMMIT = f"mutation($token: String!) {{ commit(planToken: $token, sync: PUSH_AND_WAIT) {PAYLOAD} }}"
WAIT = {"connections": ["kashoo"], "sync": "PUSH_AND_WAIT"}
PLAN = {"connections": ["kashoo"]}

_NUMBERS = itertools.count(1)


def new(**more: Any) -> dict[str, Any]:
    """An invoice of 100 dollars, with a number that no other has."""
    line = {
        "description": "Advice",
        "quantity": "1",
        "unitPrice": {"amount": "100.00"},
        "account": {"code": "4000"},
    }
    return {
        "number": f"W-{next(_NUMBERS)}", "date": "2026-11-15", "dueDate": "2026-12-15", "currency": "CAD",
        "party": {"name": "Northwind Traders", "create": True}, "lines": [line], **more,
    }  # fmt: skip


async def made_invoice(made: Product, **more: Any) -> Any:
    """A new one: its id and version."""
    source = alone(await made.done(CREATE, {"input": new(**more), "options": WAIT}))
    assert source["status"] == "COMMITTED", source
    return {"id": source["record"]["id"], **source["record"]["source"]}


def codes(answer: Any) -> list[str]:
    """The codes of an answer's errors."""
    return [each["extensions"]["code"] for each in answer["errors"]]


def blocking(source: Any) -> dict[str, str]:
    """Where a plan is blocked, and by which code."""
    return dict(_blocking(source["plan"]["findings"]))


def _blocking(findings: Any) -> Iterator[tuple[str, str]]:
    return ((each["path"], each["code"]) for each in findings if each["blocks"])
