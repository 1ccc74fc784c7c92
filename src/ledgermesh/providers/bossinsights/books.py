"""Accounts, customers and vendors, products, bank and journals: https://docs.bossinsights.com/developer"""

from __future__ import annotations

from ledgermesh.model.account import Account
from ledgermesh.model.banking import BankAccount, BankTransaction, Category
from ledgermesh.model.enums import AccountClassification, AccountType, PartyRole, Side
from ledgermesh.model.item import Item
from ledgermesh.model.ledger import JournalEntry, JournalLine
from ledgermesh.model.money import Money
from ledgermesh.model.party import Address, Party
from ledgermesh.providers.bossinsights import quirks
from ledgermesh.providers.bossinsights.leaves import RECORD, active, cents, currency_of, first_ten
from ledgermesh.spec.leaves import currency, decimal, one_of, text
from ledgermesh.spec.paging import Numbered
from ledgermesh.spec.resource import Get, List, Resource, Window
from ledgermesh.spec.wires import Wire, each, fields, made, one, ref

PAGES = Numbered(size_max=30)
"""Up to 30 rows, sometimes fewer in the middle: only an empty page is the end."""

DAYS = Window(field="date", start="start", end="end")
"""Assumed for everything but metrics: the documentation says that some objects take a range and names none."""

ACCOUNTS = Resource(
    kind="Account",
    list=List(path="/accounts", page=PAGES),
    get=Get(path="/accounts/{id}"),
    keep=quirks.is_account,
    fields=fields(
        Account,
        code=text("accountNumber"),
        name=text("accountName"),
        classification=one_of(
            "accountType",
            {
                "Asset": AccountClassification.ASSET,
                "Liability": AccountClassification.LIABILITY,
                "Equity": AccountClassification.EQUITY,
                "Income": AccountClassification.REVENUE,
                "Expense": AccountClassification.EXPENSE,
            },
            other=AccountClassification.UNKNOWN,
        ),
        type=made(
            AccountType, "accountSubType", "accountType", read=quirks.account_type, transform="account_type"
        ),
        type_raw=made(
            str, "accountSubType", "accountType", read=quirks.account_word, transform="account_word"
        ),
        normal_balance=made(Side, "accountType", read=quirks.normal_balance, transform="normal_balance"),
        currency=currency("currency"),
        balance=cents("balance"),
        status=active(),
        parent_ref=ref("Account", "parentId"),
        **RECORD,
    ),
    omitted={"mapping": "The standard account that Boss Insights maps it to, a list of its own making."},
)

ADDRESS = fields(
    Address,
    lines=made(list[str], "street", "street2", read=quirks.street_lines, transform="street_lines"),
    city=text("city"),
    region=text("region"),
    postal_code=text("postalCode"),
    country=text("country"),
)


def _role(role: PartyRole) -> Wire:
    return made(list[PartyRole], read=lambda row: (role,), transform="constant")


PARTY: dict[str, Wire] = {
    "display_name": text("name"),
    "company_name": text("companyName"),
    "email": text("email"),
    "phone": text("phone"),
    "website": text("website"),
    "tax_number": text("taxNumber"),
    "address": one("billingAddress", ADDRESS),
    "currency": currency("currency"),
    "status": active(),
    **RECORD,
}

CUSTOMERS = Resource(
    kind="Party",
    name="customer",
    list=List(path="/customers", page=PAGES),
    get=Get(path="/customers/{id}"),
    fields=fields(
        Party,
        roles=_role(PartyRole.CUSTOMER),
        # Assumed: in the currency of the books, over invoices of every currency.
        balance_due=cents("balance", currency="@currency"),
        **PARTY,
    ),
)

VENDORS = Resource(
    kind="Party",
    name="vendor",
    list=List(path="/vendors", page=PAGES),
    get=Get(path="/vendors/{id}"),
    fields=fields(Party, roles=_role(PartyRole.SUPPLIER), **PARTY),
    omitted={"balance": "What the company owes the vendor; a party's balance is what the party owes."},
)

PRODUCTS = Resource(
    kind="Item",
    list=List(path="/products", page=PAGES),
    get=Get(path="/products/{id}"),
    fields=fields(
        Item,
        code=text("sku"),
        name=text("name"),
        description=text("description"),
        sales_price=cents("price"),
        purchase_price=cents("cost"),
        quantity_on_hand=decimal("quantity"),
        status=active(),
        **RECORD,
    ),
)

BANK_ACCOUNTS = Resource(
    kind="BankAccount",
    list=List(path="/bank_accounts", page=PAGES),
    get=Get(path="/bank_accounts/{id}"),
    fields=fields(
        BankAccount,
        name=text("accountName"),
        bank_name=text("institution"),
        account_number=text("maskedNumber"),
        currency=currency("currency"),
        **RECORD,
    ),
    omitted={
        "balance": "Bank accounts of the common model have no balance; the account of the chart has it.",
        "accountId": "Bank accounts of the common model do not name their account of the chart.",
    },
)

BANK_TRANSACTIONS = Resource(
    kind="BankTransaction",
    list=List(path="/bank_transactions", page=PAGES, window=DAYS),
    get=Get(path="/bank_transactions/{id}"),
    fields=fields(
        BankTransaction,
        description=text("description"),
        date=first_ten("date"),
        currency=currency_of("amount"),
        amount=cents("amount"),
        category=made(
            Category, "category", read=quirks.categorised, transform="category_name",
            parts=fields(Category, name=text("category")),
        ),
        bank_account_native_id=text("accountId"),
        **RECORD,
    ),
)  # fmt: skip

JOURNAL_LINE = fields(
    JournalLine,
    account_native_id=text("accountId"),
    side=made(Side, "debit", "credit", read=quirks.posting_side, transform="posting_side"),
    amount=made(
        Money, "debit", "credit", "^currency", read=quirks.posting_amount, transform="posting_amount"
    ),
    description=text("description"),
)

JOURNAL_ENTRIES = Resource(
    kind="JournalEntry",
    list=List(path="/journal_entries", page=PAGES, window=DAYS),
    get=Get(path="/journal_entries/{id}"),
    fields=fields(
        JournalEntry,
        number=text("number"),
        date=first_ten("date"),
        description=text("memo"),
        currency=currency_of("lines"),
        lines=each("lines", JOURNAL_LINE),
        **RECORD,
    ),
)
