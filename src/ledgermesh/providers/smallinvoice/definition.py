"""smallinvoice REST API v2, from its documentation, its published OpenAPI 2.0.0 and public clients."""

from __future__ import annotations

import datetime as dt

from ledgermesh.providers.smallinvoice.catalog import (
    PRODUCT_CATEGORIES,
    PRODUCTS,
    SERVICE_CATEGORIES,
    SERVICES,
    TAX_RATES,
    UNITS,
)
from ledgermesh.providers.smallinvoice.company import (
    BANK_ACCOUNTS,
    EXCHANGE_RATES,
    ORGANIZATIONS,
    PAYMENT_SLIPS,
)
from ledgermesh.providers.smallinvoice.contacts import (
    ACCOUNTS,
    ADDRESSES,
    GROUPS,
    LETTERS,
    PARTIES,
    PEOPLE,
    REMINDERS,
)
from ledgermesh.providers.smallinvoice.sales import DELIVERY_NOTES, INVOICES, PAYMENTS, QUOTES, SALES_ORDERS
from ledgermesh.providers.smallinvoice.work import ACTIVITIES, COST_UNITS, EFFORTS, PROJECTS, WORKING_HOURS
from ledgermesh.providers.smallinvoice.writing import UNWRITTEN, WRITES
from ledgermesh.spec.auth import OAuth2
from ledgermesh.spec.budgets import BudgetHeaders
from ledgermesh.spec.faults import Fault, Verdict
from ledgermesh.spec.provider import Choose, Provider, ProviderKind, Setting

NOT_IN_API = "smallinvoice's API v2 does not offer this."

SCOPES = (
    *("profile", "configuration", "catalog"),
    *("contact", "contact_reminder", "letter"),
    *("invoice", "offer", "order_confirmation", "delivery_note"),
    *("project", "cost_unit", "activity", "effort", "working_hours"),
)
"""All fifteen: each opens one part of the API."""

PROVIDER = Provider(
    name="smallinvoice",
    title="smallinvoice",
    docs_url="https://api.smallinvoice.com/v2/doc/",
    checked_on=dt.date(2026, 11, 20),
    kinds=(ProviderKind.INVOICING,),
    base_url="https://api.smallinvoice.com/v2",
    auth=(
        OAuth2(
            name="client_credentials",
            grant="client_credentials",
            token_url="/auth/access-tokens",
            scopes=SCOPES,
            client_auth="body",
            body="json",
        ),
        OAuth2(
            name="oauth2",
            grant="authorization_code",
            authorize_url="/auth/authorize",
            token_url="/auth/access-tokens",
            scopes=SCOPES,
            client_auth="body",
            body="json",
            rotates_refresh_token=True,
            # Assumed from the server it is built on (league/oauth2-server); others ignore what they do not know.
            pkce=True,
        ),
    ),
    settings=(
        Setting(
            name="currency",
            description="The company's currency, for prices of the catalog.",
            required=False,
            pattern="[A-Z]{3}",
            choose=Choose(path="/auth/profile", rows="item", value="company_currency"),
        ),
    ),
    check_path="/auth/owner",
    headers=(("Accept", "application/json"),),
    # The limit differs by account (1,000 an hour in the documents, 360 a minute seen): only the headers are believed.
    budget_headers=BudgetHeaders(
        limit="x-rate-limit-limit",
        remaining="x-rate-limit-remaining",
        reset="x-rate-limit-reset",
        reset_is="seconds_left",
    ),
    concurrent_max=5,
    faults=(
        Fault(400, Verdict.MISSING_SCOPE, code="11"),
        Fault(400, Verdict.MISSING_SCOPE, code="12"),
        Fault(400, Verdict.REJECTED),
        Fault(401, Verdict.SIGN_IN_AGAIN),
        Fault(402, Verdict.PAUSED),
        Fault(403, Verdict.PAUSED, code="4000"),
        Fault(403, Verdict.FORBIDDEN),
        Fault(404, Verdict.ABSENT),
        Fault(422, Verdict.REJECTED),
        Fault(429, Verdict.SLOW_DOWN),
        Fault(503, Verdict.RETRY),
    ),
    fault_code="code",
    fault_message="message",
    fault_fields=("meta.errors", "key", "message"),
    request_id_header="x-request-id",
    resources=(
        *(PARTIES, ADDRESSES, PEOPLE, ACCOUNTS, GROUPS, REMINDERS, LETTERS),
        *(PRODUCTS, SERVICES, TAX_RATES, PRODUCT_CATEGORIES, SERVICE_CATEGORIES, UNITS),
        *(INVOICES, PAYMENTS, QUOTES, SALES_ORDERS, DELIVERY_NOTES),
        *(PROJECTS, ACTIVITIES, COST_UNITS, EFFORTS, WORKING_HOURS),
        *(ORGANIZATIONS, BANK_ACCOUNTS, EXCHANGE_RATES, PAYMENT_SLIPS),
    ),
    writes=WRITES,
    unwritten=UNWRITTEN,
    omitted={
        "/auth/authorize": "The page on which a person lets us in; no record.",
        "/auth/owner": "The name of the token's user; the profile has it too, and it says nothing of the company.",
    },
    unsupported={
        "Account": "smallinvoice's API v2 has no chart of accounts.",
        "Bill": "smallinvoice's API v2 has no bills of suppliers.",
        "BillPayment": "smallinvoice's API v2 has no bills of suppliers.",
        "Expense": "smallinvoice's API v2 has no costs of the company.",
        "CreditNote": "smallinvoice's API v2 has no credit notes.",
        "JournalEntry": "smallinvoice's API v2 has no ledger.",
        "LedgerTransaction": "smallinvoice's API v2 has no ledger.",
        "Employee": "smallinvoice's API v2 names users on efforts and working hours only, by id and name.",
        "BankTransaction": "smallinvoice's API v2 does not list bank movements.",
        "Document": NOT_IN_API,
        "Deadline": NOT_IN_API,
        "PROFIT_AND_LOSS": "smallinvoice's API v2 has no reports.",
        "BALANCE_SHEET": "smallinvoice's API v2 has no reports.",
        "TAX_SUMMARY": "smallinvoice's API v2 has no reports.",
        "TRIAL_BALANCE": "smallinvoice's API v2 has no reports.",
        "METRICS": "smallinvoice's API v2 has no reports.",
    },
)
