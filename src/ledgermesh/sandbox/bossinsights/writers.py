"""Which objects can be written, and by whom."""

from __future__ import annotations

from collections.abc import Mapping

from ledgermesh.sandbox.bossinsights import write_money, write_papers, write_pay, write_people
from ledgermesh.sandbox.bossinsights.writing import Writer

WRITERS: Mapping[str, Writer] = {
    "accounts": write_money.account,
    "customers": write_people.customer,
    "vendors": write_people.vendor,
    "invoices": write_papers.invoice,
    "bills": write_papers.bill,
    "expenses": write_papers.expense,
    "credit_notes": write_papers.credit_note,
    "payments": write_money.payment,
    "products": write_people.product,
    "bank_accounts": write_money.bank_account,
    "bank_transactions": write_money.bank_transaction,
    "journal_entries": write_money.journal_entry,
    "employees": write_people.employee,
    "payroll": write_pay.payroll,
}
