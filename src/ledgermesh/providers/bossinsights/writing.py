"""Every change that Boss Insights takes: a POST to an object or to one of its kind, and the headers of its push."""

from __future__ import annotations

from collections.abc import Mapping

from ledgermesh.providers.bossinsights import writing_books, writing_payments, writing_staff, writing_trade
from ledgermesh.spec.write import Writes

WRITES: Writes = (
    *writing_books.WRITES,
    *writing_trade.WRITES,
    *writing_payments.WRITES,
    *writing_staff.WRITES,
)

UNWRITTEN: Mapping[str, str] = {
    "POST /api.php": "The administration API, for who runs the tenant: it makes accounts and keys, no records.",
}
