"""Kashoo Cloud Accounting, from its public API reference and clients that ran against the live API."""

from __future__ import annotations

import datetime as dt

from ledgermesh.providers.kashoo.accounts import ACCOUNTS, BANK_ACCOUNTS
from ledgermesh.providers.kashoo.business import NEXT_NUMBERS, ORGANIZATIONS, SUBSCRIPTION
from ledgermesh.providers.kashoo.catalog import ITEMS, TAX_RATES
from ledgermesh.providers.kashoo.ledger import CONTACT_RECORDS, JOURNAL_ENTRIES, POSTINGS, RECORDS, TRANSFERS
from ledgermesh.providers.kashoo.parties import PARTIES, PARTY_GROUPS
from ledgermesh.providers.kashoo.purchases import BILL_PAYMENTS, BILLS
from ledgermesh.providers.kashoo.sales import INVOICES, PAYMENTS
from ledgermesh.providers.kashoo.writing import CLASSIC_WRITES, CLOSING, UNWRITTEN
from ledgermesh.spec.auth import FirstPartyToken, OAuth2
from ledgermesh.spec.faults import Fault, Verdict
from ledgermesh.spec.provider import Choose, Provider, ProviderKind, Setting

NO_REPORTS = "Kashoo's API has no reports; they are not derived here from documents."

OLDER_WAY = (
    "The older way to list contacts, which has to be opened with a POST; the contacts are read directly."
)

LOGIN = FirstPartyToken(
    login_path="/authTokens",
    prefix="TOKEN json:",
    expiry_field="expiryDate",
    # A day unless more is asked for; no document names a longest.
    lifetime_field="duration",
    lifetime_ms=365 * 86_400_000,
    code_field="mfaCode",
    # Assumed: the reference names neither the words of the refusal nor the path that sends the text message.
    code_words=("mfa", "multi-factor", "two-factor"),
    code_path="/users/me/mfa",
    sign_on_fields=("provider", "authCode"),
    sign_ons=(("google", "Google"),),
)

PROVIDER = Provider(
    name="kashoo",
    title="Kashoo Cloud Accounting",
    docs_url="https://api.kashoo.com/index.html",
    checked_on=dt.date(2026, 11, 20),
    kinds=(ProviderKind.ACCOUNTING, ProviderKind.INVOICING),
    base_url="https://api.kashoo.com/api",
    auth=(
        LOGIN,
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
            name="business_id",
            description="The business whose books these are; one login may reach several.",
            pattern="[0-9]{1,19}",
            choose=Choose(
                path="/users/me/businesses",
                value="id",
                label="contactInformation.name",
                also=(("currency", "currency"),),
                paged=True,
            ),
        ),
        Setting(
            name="currency",
            description="Home currency of the business, for item prices.",
            required=False,
            pattern="[A-Z]{3}",
        ),
    ),
    check_path="/users/me",
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
        BANK_ACCOUNTS,
        PARTIES,
        PARTY_GROUPS,
        ITEMS,
        TAX_RATES,
        INVOICES,
        BILLS,
        PAYMENTS,
        BILL_PAYMENTS,
        TRANSFERS,
        JOURNAL_ENTRIES,
        RECORDS,
        CONTACT_RECORDS,
        POSTINGS,
        NEXT_NUMBERS,
        ORGANIZATIONS,
    ),
    writes=CLASSIC_WRITES,
    unwritten=UNWRITTEN,
    closing=CLOSING,
    subscription=SUBSCRIPTION,
    omitted={
        "/authorize": "The page where a person consents; linking leads there.",
        "/users/me": "Who signed in, who is nobody of the company's books.",
        "/users/me/businesses": "Asked while linking, to choose the business; a connection has one.",
        "/businesses/{business}/contract/invoices": "What Kashoo bills the company for its plan; not its books.",
        "/billing/subscription": "A service of its own that refuses the tokens of this API; the plan is read instead.",
        "/accounts/{id}/records": "The account's journal entries tell the same bookings, with their amounts on it.",
        "/businesses/{business}/taxes/available": "Adds the taxes of its country that the company does not charge.",
        "/sync/{sync}/contacts/{role}": OLDER_WAY,
        "/sync/{sync}/contacts": OLDER_WAY,
    },
    unsupported={
        "CreditNote": "Kashoo's API shows no credit notes: no type of record is one.",
        "Project": "Kashoo's records name projects, but its API lists none.",
        "ExchangeRate": "Kashoo tells the rate of each record on it and keeps no list of rates.",
        "BankTransaction": "Kashoo takes bank statements in but does not list their lines.",
        "Document": "Kashoo keeps attachments with their records only.",
        "Deadline": "Kashoo has no deadlines.",
        "PROFIT_AND_LOSS": NO_REPORTS,
        "BALANCE_SHEET": NO_REPORTS,
        "TAX_SUMMARY": NO_REPORTS,
        "TRIAL_BALANCE": NO_REPORTS,
    },
)
