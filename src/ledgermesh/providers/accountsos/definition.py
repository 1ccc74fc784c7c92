"""AccountsOS, from its public API quickstart; bodies that it does not print are assumed and read tolerantly."""

from __future__ import annotations

import datetime as dt

from ledgermesh.providers.accountsos.books import ACCOUNTS, DEADLINES, DOCUMENTS, PARTIES, TRANSACTIONS
from ledgermesh.providers.accountsos.reports import BALANCE_SHEET, PROFIT_AND_LOSS, TAX_SUMMARY
from ledgermesh.providers.accountsos.writing import UNWRITTEN, WRITES
from ledgermesh.spec.auth import ApiKey
from ledgermesh.spec.budgets import Budget, BudgetHeaders
from ledgermesh.spec.faults import Fault, Verdict
from ledgermesh.spec.provider import Provider, ProviderKind, Setting

NOT_OVER_REST = "AccountsOS does not offer this over its REST API."

PROVIDER = Provider(
    name="accountsos",
    title="AccountsOS",
    docs_url="https://accounts-os.com/help/guides/api-quickstart",
    checked_on=dt.date(2026, 11, 20),
    kinds=(ProviderKind.ACCOUNTING, ProviderKind.BANKING),
    base_url="https://accounts-os.com/api",
    auth=(ApiKey(),),
    settings=(
        Setting(
            name="currency",
            description="Currency of the books, for reports that do not print one; VAT is summed in it.",
            required=False,
            pattern="[A-Z]{3}",
            suggestions=("GBP",),
        ),
    ),
    check_path="/deadlines",
    headers=(("Accept", "application/json"),),
    budgets=(Budget(calls=100, per_seconds=60), Budget(calls=1000, per_seconds=3600)),
    budget_headers=BudgetHeaders(
        limit="x-ratelimit-limit",
        remaining="x-ratelimit-remaining",
        reset="x-ratelimit-reset",
        reset_is="epoch_seconds",
    ),
    concurrent_max=5,
    faults=(
        Fault(400, Verdict.REJECTED),
        Fault(401, Verdict.SIGN_IN_AGAIN),
        Fault(403, Verdict.MISSING_SCOPE),
        Fault(404, Verdict.ABSENT),
        Fault(429, Verdict.SLOW_DOWN),
        Fault(500, Verdict.RETRY),
    ),
    fault_code="error.code",
    fault_message="error.message",
    resources=(TRANSACTIONS, PARTIES, DOCUMENTS, DEADLINES, ACCOUNTS),
    reports=(PROFIT_AND_LOSS, BALANCE_SHEET, TAX_SUMMARY),
    writes=WRITES,
    unwritten=UNWRITTEN,
    unsupported={
        **dict.fromkeys(
            (
                *("Invoice", "Bill", "Payment", "BillPayment", "Expense", "CreditNote"),
                *("Item", "TaxRate", "JournalEntry", "BankAccount"),
                *("TRIAL_BALANCE", "METRICS"),
            ),
            NOT_OVER_REST,
        ),
        "Organization": "AccountsOS shows the company to its agents' tools only, not over its REST API.",
    },
)
