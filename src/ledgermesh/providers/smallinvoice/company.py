"""The company and its configuration: profile, bank accounts, exchange rates, payment slips; smallinvoice API v2."""

from __future__ import annotations

from ledgermesh.model.banking import BankAccount
from ledgermesh.model.enums import BankAccountKind, RecordStatus
from ledgermesh.model.ledger import ExchangeRate
from ledgermesh.model.organization import Organization, PaymentSlip
from ledgermesh.model.party import Address
from ledgermesh.providers.smallinvoice import quirks
from ledgermesh.providers.smallinvoice.lists import PERMISSIONS, listed, local, single
from ledgermesh.spec.leaves import currency, decimal, flag, text
from ledgermesh.spec.resource import List, Resource
from ledgermesh.spec.wires import constant, fields, made

_USER = "The profile's user is a person, not the company."

ORGANIZATIONS = Resource(
    kind="Organization",
    list=List(path="/auth/profile", rows=quirks.only_row),
    fields=fields(
        Organization,
        # Assumed: a company has no id of its own in the API, so its profile's stands for it.
        native_id=text("id"),
        name=text("company_name"),
        base_currency=currency("company_currency"),
        country=text("company_country"),
        language=text("language"),
        tax_number=text("company_vat_id"),
        address=made(
            Address,
            *(f"company_{part}" for part in quirks.ADDRESS_PARTS),
            read=quirks.company_address,
            transform="company_address",
            parts=fields(
                Address,
                lines=made(
                    list[str],
                    "company_street",
                    "company_street_no",
                    "company_street2",
                    read=quirks.street_lines("company_"),
                    transform="street_lines",
                ),
                city=text("company_city"),
                postal_code=text("company_postcode"),
                country=text("company_country"),
            ),
        ),
        email=text("company_email"),
        phone=text("company_phone"),
        website=text("company_website"),
    ),
    omitted={
        "name": _USER,
        "surname": _USER,
        "email": _USER,
        "company_addition": "A second line of the name; the model has one name.",
        "company_fax": "The model does not carry fax numbers.",
    },
)

_STATEMENTS = "Whether bank statements come in by themselves is not carried; the API does not show them."

BANK_ACCOUNTS = Resource(
    kind="BankAccount",
    list=listed("/configuration/bank-accounts"),
    get=single("/configuration/bank-accounts"),
    fields=fields(
        BankAccount,
        native_id=text("id"),
        name=text("description"),
        kind=constant(BankAccountKind.CHECKING),
        bank_name=text("bank_name"),
        account_number=text("number"),
        iban=text("iban"),
        bic=text("bic"),
        is_default=flag("default"),
        status=constant(RecordStatus.ACTIVE),
    ),
    omitted={
        "post_account": "The bank's own account with the post is not carried.",
        "auto_sync": _STATEMENTS,
        "auto_sync_direction": _STATEMENTS,
        **PERMISSIONS,
    },
)

EXCHANGE_RATES = Resource(
    kind="ExchangeRate",
    list=listed("/configuration/exchange-rates"),
    get=single("/configuration/exchange-rates"),
    fields=fields(
        ExchangeRate,
        native_id=text("id"),
        from_currency=currency("currency_from"),
        to_currency=currency("currency_to"),
        rate=decimal("rate"),
        created_at=local("created"),
    ),
    omitted=PERMISSIONS,
)

_ON_SLIP = "What else is printed on the slip is not carried."

PAYMENT_SLIPS = Resource(
    kind="PaymentSlip",
    list=listed("/receivables/configuration/isrs"),
    get=single("/receivables/configuration/isrs"),
    fields=fields(
        PaymentSlip,
        native_id=text("id"),
        name=text("name"),
        kind_raw=text("type"),
        bank_name=text("bank_name"),
        recipient_name=text("recipient_name"),
        recipient_city=text("recipient_city"),
        delivery_number=text("delivery_number"),
        iban=text("iban"),
        is_default=flag("default"),
        # Clients saw it, and a year before 1 in it where it was never set; the OpenAPI does not list it.
        created_at=local("created"),
    ),
    omitted={
        "position": _ON_SLIP,
        "bank_address": _ON_SLIP,
        "recipient_addition": _ON_SLIP,
        "recipient_street": _ON_SLIP,
        "subscriber_number": _ON_SLIP,
        **PERMISSIONS,
    },
)
