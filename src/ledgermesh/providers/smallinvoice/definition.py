"""smallinvoice REST API v2, from its documentation, its published OpenAPI 2.0.0 and public clients."""

from __future__ import annotations

import datetime as dt

from ledgermesh.providers.smallinvoice.books import BANK_ACCOUNTS, PARTIES, PRODUCTS, SERVICES, TAX_RATES
from ledgermesh.providers.smallinvoice.sales import INVOICES, PAYMENTS
from ledgermesh.spec.auth import OAuth2
from ledgermesh.spec.budgets import BudgetHeaders
from ledgermesh.spec.faults import Fault, Verdict
from ledgermesh.spec.provider import Provider, ProviderKind, Setting

NOT_IN_API = "smallinvoice's API v2 does not offer this."

SCOPES = ("profile", "contact", "configuration", "catalog", "invoice")

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
        ),
    ),
    settings=(
        Setting(
            name="currency", description="The company's currency, for prices of the catalog.", required=False
        ),
    ),
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
    request_id_header="x-request-id",
    resources=(PARTIES, PRODUCTS, SERVICES, TAX_RATES, INVOICES, PAYMENTS, BANK_ACCOUNTS),
    unsupported={
        "Account": "smallinvoice's API v2 has no chart of accounts.",
        "Bill": "smallinvoice's API v2 has no bills of suppliers.",
        "BillPayment": "smallinvoice's API v2 has no bills of suppliers.",
        "JournalEntry": "smallinvoice's API v2 has no ledger.",
        "BankTransaction": "smallinvoice's API v2 does not list bank movements.",
        "Document": NOT_IN_API,
        "Deadline": NOT_IN_API,
        "PROFIT_AND_LOSS": "smallinvoice's API v2 has no reports.",
        "BALANCE_SHEET": "smallinvoice's API v2 has no reports.",
        "TAX_SUMMARY": "smallinvoice's API v2 has no reports.",
        "TRIAL_BALANCE": "smallinvoice's API v2 has no reports.",
    },
)
