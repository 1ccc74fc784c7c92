"""Payments that name what they settle: found by one reading of their list, and by none where nothing is settled."""

from __future__ import annotations

from tests.graph.demo import demo_house

INVOICES = """query Open($currency: String!) { company(key: "grand-tour") {
  invoices(first: 10, from: ["bossinsights"], where: { amountPaid: { eq: "0", currency: $currency } }) {
    nodes { amountPaid { amount } payments { id } } } } }"""


async def test_what_is_not_paid_costs_no_reading_of_payments() -> None:
    """The document says itself that nothing of it is settled."""
    async with demo_house() as here:
        answer = await here.ask(INVOICES, currency="CAD")
        asked = {step["path"] for step in here.calls(answer)}
    rows = answer["data"]["company"]["invoices"]["nodes"]
    assert len(rows) == 10
    assert all(row["payments"] == [] for row in rows)
    assert asked == {"/invoices"}
