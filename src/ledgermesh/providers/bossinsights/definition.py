"""Boss Insights, from its developer documentation and sample apps; the rest is assumed and read tolerantly."""

from __future__ import annotations

import datetime as dt

from ledgermesh.providers.bossinsights.books import (
    ACCOUNTS,
    BANK_ACCOUNTS,
    BANK_TRANSACTIONS,
    CUSTOMERS,
    JOURNAL_ENTRIES,
    PRODUCTS,
    VENDORS,
)
from ledgermesh.providers.bossinsights.reports import BALANCE_SHEET, METRICS, PROFIT_AND_LOSS, TRIAL_BALANCE
from ledgermesh.providers.bossinsights.staff import EMPLOYEES, PAYROLL
from ledgermesh.providers.bossinsights.trade import (
    BILL_PAYMENTS,
    BILLS,
    COMMERCE_TRANSACTIONS,
    CREDIT_NOTES,
    EXPENSES,
    INVOICES,
    ORDERS,
    PAYMENTS,
)
from ledgermesh.providers.bossinsights.writing import UNWRITTEN, WRITES
from ledgermesh.spec.auth import Basic
from ledgermesh.spec.budgets import Budget
from ledgermesh.spec.faults import Fault, Verdict
from ledgermesh.spec.hooks import Hooks
from ledgermesh.spec.provider import Provider, ProviderKind, Setting
from ledgermesh.spec.write import Downstream

NOT_PUBLIC = "Boss Insights' portal has documents; no public API shows them."
NO_TAXES = "Boss Insights has amounts of tax on its documents and no list of taxes."
DOMAIN = r"([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
FROM_THE_LIST = "The report is found in the list, which holds the same document."

PROVIDER = Provider(
    name="bossinsights",
    title="Boss Insights",
    docs_url="https://docs.bossinsights.com/developer",
    checked_on=dt.date(2026, 11, 20),
    kinds=(
        ProviderKind.ACCOUNTING,
        ProviderKind.INVOICING,
        ProviderKind.BANKING,
        ProviderKind.COMMERCE,
        ProviderKind.PAYROLL,
    ),
    base_url="https://{subdomain}.{root_domain}/api",
    # On a tenant's host an API user and its key, or the key in the place of the user and no password; on a company's
    # own host its administrator.
    auth=(Basic(),),
    settings=(
        Setting(
            name="subdomain",
            description="The tenant's name, with -sandbox for its sandbox, or the company's own.",
            required=False,
            pattern="[A-Za-z0-9]([A-Za-z0-9-]{0,48}[A-Za-z0-9])?",
        ),
        Setting(
            name="root_domain",
            description="myintranetapps.com, myintranetapps.ca, bossinsights.uk, or the tenant's own domain.",
            required=False,
            pattern=DOMAIN,
            suggestions=("myintranetapps.com", "myintranetapps.ca", "bossinsights.uk"),
        ),
        Setting(
            name="account_key",
            description="Which company, on a tenant's host; without it the tenant itself. Not on a company's host.",
            required=False,
            pattern="[A-Za-z0-9.]{1,64}",
        ),
        Setting(
            name="currency",
            description="Currency of the books: of balances, and of documents that name none.",
            required=False,
            pattern="[A-Z]{3}",
        ),
    ),
    check_path="/accounts",
    headers=(("Accept", "application/json"),),
    query=(("X_ACCOUNT_KEY", "{account_key}"),),
    budgets=(Budget(calls=100, per_seconds=1),),
    concurrent_max=5,
    faults=(
        Fault(400, Verdict.REJECTED),
        Fault(401, Verdict.SIGN_IN_AGAIN),
        Fault(403, Verdict.FORBIDDEN),
        Fault(404, Verdict.ABSENT),
        Fault(405, Verdict.REJECTED),
        Fault(429, Verdict.SLOW_DOWN),
        # Refusals may come as such too, by the documentation's words: tried again a few times, then given up.
        Fault(500, Verdict.RETRY),
        Fault(503, Verdict.RETRY),
    ),
    fault_message="message",
    fault_fields=("errors", "field", "message"),
    resources=(
        ACCOUNTS,
        CUSTOMERS,
        VENDORS,
        PRODUCTS,
        INVOICES,
        BILLS,
        EXPENSES,
        CREDIT_NOTES,
        PAYMENTS,
        BILL_PAYMENTS,
        ORDERS,
        COMMERCE_TRANSACTIONS,
        BANK_ACCOUNTS,
        BANK_TRANSACTIONS,
        JOURNAL_ENTRIES,
        EMPLOYEES,
        PAYROLL,
    ),
    reports=(TRIAL_BALANCE, BALANCE_SHEET, PROFIT_AND_LOSS, METRICS),
    writes=WRITES,
    downstream=Downstream(
        path="/sync/{id}",
        status="status",
        done=("done",),
        failed=("failed",),
        assumed="That the sync id of a write leads to how far it is, and by which words.",
    ),
    unwritten=UNWRITTEN,
    hooks=Hooks(
        event="type",
        account="account_key",
        account_setting="account_key",
        object="object",
        ids="ids",
        assumed="The documentation says that webhooks exist, and no more of what they hold.",
    ),
    omitted={
        "/": "A page on which people try queries.",
        "/trial_balances/{id}": FROM_THE_LIST,
        "/balance_sheets/{id}": FROM_THE_LIST,
        "/income_statements/{id}": FROM_THE_LIST,
        "/sync/{id}": "How far the push of a write is: asked after a write, and no record.",
        "/integrations-list.php": "The page on which a company connects its apps, for people.",
        "/api.php": "The administration API, for who runs the tenant: accounts, keys, connections.",
    },
    unsupported={
        "Organization": (
            "Companies are records of Boss Insights' administration API, which is for who runs the tenant."
        ),
        "TaxRate": NO_TAXES,
        "TAX_SUMMARY": NO_TAXES,
        "Document": NOT_PUBLIC,
        "Deadline": "Boss Insights' API has no deadlines of authorities.",
    },
)
