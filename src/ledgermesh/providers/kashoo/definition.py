"""Kashoo Cloud Accounting, from its public API reference and clients that ran against the live API."""

from __future__ import annotations

import datetime as dt

from ledgermesh.providers.kashoo.ledger import ACCOUNTS, BANK_ACCOUNTS, JOURNAL_ENTRIES
from ledgermesh.providers.kashoo.purchases import BILL_PAYMENTS, BILLS
from ledgermesh.providers.kashoo.sales import INVOICES, ITEMS, PARTIES, PAYMENTS, TAX_RATES
from ledgermesh.spec.auth import FirstPartyToken, OAuth2
from ledgermesh.spec.faults import Fault, Verdict
from ledgermesh.spec.provider import Provider, ProviderKind, Setting

NO_REPORTS = "Kashoo's API has no reports; they are not derived here from documents."

PROVIDER = Provider(
    name="kashoo",
    title="Kashoo Cloud Accounting",
    docs_url="https://api.kashoo.com/index.html",
    checked_on=dt.date(2026, 11, 20),
    kinds=(ProviderKind.ACCOUNTING, ProviderKind.INVOICING),
    base_url="https://api.kashoo.com/api",
    auth=(
        FirstPartyToken(login_path="/authTokens", prefix="TOKEN json:", expiry_field="expiryDate"),
        OAuth2(
            grant="authorization_code",
            # Assumed: the reference's own links to both URLs are lost.
            authorize_url="https://oauth.kashoo.com/oauth2/authorize",
            token_url="https://oauth.kashoo.com/oauth2/token",
            scopes=("full-access",),
            client_auth="basic",
            body="form",
        ),
    ),
    settings=(
        Setting(
            name="business_id", description="The business whose books these are; one login may reach several."
        ),
        Setting(
            name="currency", description="Home currency of the business, for item prices.", required=False
        ),
    ),
    headers=(("Accept", "application/json"),),
    concurrent_max=5,
    # No document lists error codes; only the status is relied on.
    faults=(
        Fault(401, Verdict.SIGN_IN_AGAIN),
        Fault(402, Verdict.PAUSED),
        Fault(403, Verdict.FORBIDDEN),
        Fault(404, Verdict.ABSENT),
        Fault(409, Verdict.REJECTED),
        Fault(429, Verdict.SLOW_DOWN),
    ),
    fault_message="message",
    resources=(
        ACCOUNTS,
        PARTIES,
        ITEMS,
        TAX_RATES,
        INVOICES,
        BILLS,
        PAYMENTS,
        BILL_PAYMENTS,
        JOURNAL_ENTRIES,
        BANK_ACCOUNTS,
    ),
    unsupported={
        "BankTransaction": "Kashoo takes bank statements in but does not list their lines.",
        "Document": "Kashoo keeps attachments with their records only.",
        "Deadline": "Kashoo has no deadlines.",
        "PROFIT_AND_LOSS": NO_REPORTS,
        "BALANCE_SHEET": NO_REPORTS,
        "TAX_SUMMARY": NO_REPORTS,
        "TRIAL_BALANCE": NO_REPORTS,
    },
)
